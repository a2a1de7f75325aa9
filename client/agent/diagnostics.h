// Catches what clang and ROOT report while an item runs.
//
// With ReportDiagnosticsToErrorHandler, clang's remarks reach ROOT's error handler one by one and never stderr. All other
// messages go on to the handler that was there before (ROOT's own, or the user's).
#ifndef ROOTBOOK_DIAGNOSTICS_H
#define ROOTBOOK_DIAGNOSTICS_H

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "TError.h"
#include "TInterpreter.h"

#include "cells.h"

namespace rootbook {

/// A remark of clang: `severity` is error, warning or note; `text` starts with `name:line:column: severity: `.
struct Diagnostic {
   std::string severity, text;
};

/// While one lives, code of ours runs that an interrupt must not leave half-way.
class Inside {
public:
   Inside() { ++Count(); }
   ~Inside() { --Count(); }
   Inside(const Inside &) = delete;
   Inside &operator=(const Inside &) = delete;
   static volatile sig_atomic_t &Count()
   {
      static volatile sig_atomic_t count = 0;
      return count;
   }
};

/// Thrown out of user code by Fatal(), which would otherwise abort the process.
struct FatalError : std::runtime_error {
   using std::runtime_error::runtime_error;
};

/// `name:line:column: error: message`, taken apart. `line` is 0 where there is no position.
struct Position {
   std::string name, message;
   int line = 0, column = 0;
};

inline Position parsePosition(const std::string &text)
{
   Position found;
   std::string first = text.substr(0, text.find('\n'));
   for (const char *severity : {": fatal error: ", ": error: ", ": warning: ", ": note: "}) {
      size_t at = first.find(severity);
      if (at == std::string::npos)
         continue;
      found.message = first.substr(at + std::strlen(severity));
      size_t colon = first.rfind(':', at - 1);
      size_t before = colon == std::string::npos || colon == 0 ? std::string::npos : first.rfind(':', colon - 1);
      if (before == std::string::npos)
         return found;
      found.column = std::atoi(first.c_str() + colon + 1);
      found.line = std::atoi(first.c_str() + before + 1);
      found.name = first.substr(0, before);
      return found;
   }
   found.message = first;
   for (const char *severity : {"fatal error: ", "error: ", "warning: ", "note: "})
      if (first.compare(0, std::strlen(severity), severity) == 0)
         found.message = first.substr(std::strlen(severity));
   return found;
}

class Diagnostics {
public:
   using Listener = std::function<void(const Diagnostic &)>;

   explicit Diagnostics(Listener listener) : fListener(std::move(listener))
   {
      Current() = this;
      gInterpreter->ReportDiagnosticsToErrorHandler(true);
   }
   ~Diagnostics()
   {
      GiveBack();
      gInterpreter->ReportDiagnosticsToErrorHandler(false);
      Current() = nullptr;
   }
   Diagnostics(const Diagnostics &) = delete;
   Diagnostics &operator=(const Diagnostics &) = delete;

   /// Before each item, because user code may have set a handler of its own.
   void Begin(const std::string &item, const std::string &name, int line, int column)
   {
      if (GetErrorHandler() != Handle) {
         Previous() = GetErrorHandler();
         SetErrorHandler(Handle);
      }
      fItem = item;
      fName = name;
      fLine = line;
      fColumn = column;
      fErrors.clear();
      fRootError.clear();
      fFatal.clear();
   }

   /// From now on remarks are kept and not told; an attempt that may fail runs so.
   void Hold() { fHeld = true; }
   /// Ends that, and returns what was kept.
   std::vector<Diagnostic> Take()
   {
      fHeld = false;
      std::vector<Diagnostic> kept;
      kept.swap(fKept);
      return kept;
   }
   void Tell(const Diagnostic &remark)
   {
      if (fHeld)
         fKept.push_back(remark);
      else
         fListener(remark);
   }

   const std::vector<Position> &Errors() const { return fErrors; } ///< of clang, in the order of their coming
   const std::string &RootError() const { return fRootError; }    ///< first error message of ROOT, or empty
   const std::string &Fatal() const { return fFatal; }            ///< message of Fatal(), or empty

   /// The namespaces in which cling hides what was defined anew are no business of the user's.
   static void Withdraw(std::string &text)
   {
      const std::string prefix = "__cling_N5";
      for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
         size_t end = text.find_first_not_of("0123456789", at + prefix.size());
         if (end == std::string::npos || text.compare(end, 2, "::") != 0)
            at += prefix.size();
         else
            text.erase(at, end + 2 - at);
      }
   }

private:
   Listener fListener;
   std::string fItem, fName, fRootError, fFatal;
   int fLine = 1, fColumn = 1;
   std::vector<Position> fErrors;
   std::vector<Diagnostic> fKept;
   bool fHeld = false;

   static Diagnostics *&Current()
   {
      static Diagnostics *current = nullptr;
      return current;
   }
   static ErrorHandlerFunc_t &Previous()
   {
      static ErrorHandlerFunc_t previous = DefaultErrorHandler;
      return previous;
   }

   void GiveBack()
   {
      if (GetErrorHandler() == Handle)
         SetErrorHandler(Previous());
   }

   static void Handle(int level, Bool_t abort, const char *location, const char *message)
   {
      Inside inside;
      Diagnostics *self = Current();
      std::string where = location ? location : "", text = message ? message : "";
      if (self && where == "cling")
         return self->Remark(level, text);
      // The remark before it says it better.
      if (self && where == "HandleInterpreterException" && !self->fErrors.empty())
         return;
      if (self && level >= kError && self->fRootError.empty())
         self->fRootError = (where.empty() ? "" : where + ": ") + text;
      if (self && abort) {
         Previous()(level, false, location, message);
         self->fFatal = (where.empty() ? "" : where + ": ") + text;
         throw FatalError(self->fFatal);
      }
      Previous()(level, abort, location, message);
   }

   void Remark(int level, std::string text)
   {
      Withdraw(text);
      Relocate(text);
      Diagnostic remark{level >= kError ? "error" : level >= kWarning ? "warning" : "note", text};
      if (level >= kError)
         fErrors.push_back(parsePosition(text));
      Tell(remark);
   }

   /// cling evaluates names that it does not know when the item runs, in a buffer of its own: find them in the item.
   void Relocate(std::string &text) const
   {
      if (text.compare(0, 11, "input_line_") != 0)
         return;
      size_t quote = text.find('\''), end = quote == std::string::npos ? quote : text.find('\'', quote + 1);
      std::string name = end == std::string::npos ? "" : text.substr(quote + 1, end - quote - 1);
      int line = fLine, column = fColumn;
      Lexer lexer(fItem);
      for (const Token &token : lexer.Run())
         if (!name.empty() && textOf(fItem, token) == name) {
            int at;
            locate(fItem, token.begin, at, column);
            column += at == 1 ? fColumn - 1 : 0;
            line += at - 1;
            break;
         }
      size_t severity = text.find(": ");
      std::string message = text.substr(0, text.find('\n'));
      text = fName + ":" + std::to_string(line) + ":" + std::to_string(column) + message.substr(severity) + "\n";
   }
};

} // namespace rootbook

#endif
