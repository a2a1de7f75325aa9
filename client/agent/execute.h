// Runs C++ cells in the ROOT of this process. No sockets, forks, signals or threads: the runner adds those.
//
//   rootbook::Outcome outcome = rootbook::runCell(code, "In[3]", 1);
//
// The cell is cut into its top-level items (cells.h), and each is given to the interpreter on its own with `#line`, so that
// functions, classes, templates, directives, statements and dot commands may follow each other in any order, and every
// position is `name:line:column` of the cell. The first item that fails ends the cell.
// `status` is ok, error (does not compile, or a command failed), exception, fatal, interrupted or incomplete (unbalanced: nothing ran).
// `line` and `column` are those of the mistake in the cell, from 1, counted on from `firstLine`; 0 where there is none.
// `name` is what failed: the type of an exception, or CompileError, CommandError, Fatal, ... `diagnostics` are clang's texts.
// declareCell (`%%cpp -d`) and compileCell (`%%cpp -a`, ACLiC) take the cell as one piece.
// A Watcher hears of items and diagnostics as they come.
#ifndef ROOTBOOK_EXECUTE_H
#define ROOTBOOK_EXECUTE_H

#include <cstdio>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <fstream>
#include <string>
#include <typeinfo>
#include <vector>

#include "TApplication.h"
#include "TInterpreter.h"
#include "TROOT.h"
#include "TSystem.h"

#include "cells.h"
#include "diagnostics.h"
#include "prompt.h"

namespace rootbook {

struct Outcome {
   std::string status = "ok", name, message;
   int line = 0, column = 0;
   std::vector<Diagnostic> diagnostics;

   bool Ok() const { return status == "ok"; }
};

/// Thrown by a Watcher whose Guard was left by an interrupt.
struct Interrupted {};

class Watcher {
public:
   virtual ~Watcher() {}
   /// The item that starts at this line runs next. `count` is how many items the cell has.
   virtual void Item(int /*line*/, size_t /*count*/) {}
   virtual void Remark(const Diagnostic &) {}
   /// The item ran.
   virtual void Ran(const rootbook::Item &, const std::string & /*text*/, int /*line*/) {}
   /// A dot command is about to run. @returns true when it was done here.
   virtual bool Takes(const std::string & /*command*/) { return false; }
   /// Runs `body`, which enters the interpreter. @throws Interrupted when it was left half-way.
   virtual void Guard(void (*body)(void *), void *argument) { body(argument); }
};

class CellRun {
public:
   CellRun(const std::string &code, const std::string &name, int firstLine, Watcher *watcher)
      : fCode(code), fName(name), fFirstLine(firstLine), fWatcher(watcher ? *watcher : fSilent),
        fDiagnostics([this](const Diagnostic &remark) {
           fOutcome.diagnostics.push_back(remark);
           fWatcher.Remark(remark);
        })
   {
   }

   Outcome Run()
   {
      if (!IsIncomplete())
         RunItems(split(fCode));
      return fOutcome;
   }

   Outcome Declare()
   {
      if (!IsIncomplete())
         Execute("#line " + std::to_string(fFirstLine) + Quoted() + "\n" + fCode, Whole(), kDeclare);
      if (fOutcome.Ok())
         for (const Item &item : split(fCode))
            fWatcher.Ran(item, fCode.substr(item.begin, item.end - item.begin), LineOf(item));
      return fOutcome;
   }

   /// @param directory where the file and its library may be left.
   Outcome Compile(const std::string &directory)
   {
      if (IsIncomplete())
         return fOutcome;
      static int count = 0;
      std::string file = directory + "/rootbook_" + std::to_string(gSystem->GetPid()) + "_" + std::to_string(++count) + ".C";
      std::ofstream(file) << "#line " << fFirstLine << Quoted() << "\n" << fCode << "\n";
      Execute(".L " + file + "+", Whole(), kCommand);
      return fOutcome;
   }

private:
   enum Way { kCode, kCommand, kDeclare };
   std::string fCode, fName, fPragmas;
   int fFirstLine;
   Watcher fSilent;
   Watcher &fWatcher;
   Outcome fOutcome;
   Diagnostics fDiagnostics;

   struct Call {
      const std::string *text;
      Way way;
      TInterpreter::EErrorCode error;
      bool declared;
   };

   int LineOf(const Item &item) const { return fFirstLine + item.line - 1; }
   Item Whole() const { return {ItemKind::code, 0, fCode.size(), 1, 1}; }

   std::string Quoted() const
   {
      std::string quoted = " \"";
      for (char c : fName) {
         if (c == '"' || c == '\\')
            quoted += '\\';
         quoted += c;
      }
      return quoted + "\"";
   }

   bool IsIncomplete()
   {
      Incomplete found = balance(fCode);
      if (found.line == 0)
         return false;
      Fail("incomplete", "IncompleteCell", found.message, fFirstLine + found.line - 1, found.column);
      return true;
   }

   void Fail(const char *status, const std::string &name, const std::string &message, int line, int column)
   {
      fOutcome.status = status;
      fOutcome.name = name;
      fOutcome.message = message;
      fOutcome.line = line;
      fOutcome.column = column;
   }

   void RunItems(const std::vector<Item> &items)
   {
      for (const Item &item : items) {
         fWatcher.Item(LineOf(item), items.size());
         RunItem(item);
         if (!fOutcome.Ok())
            break;
      }
   }

   void RunItem(const Item &item)
   {
      if (item.kind == ItemKind::directive) {
         std::vector<Guarded> guarded = branches(fCode, item);
         if (!guarded.empty())
            return RunConditional(guarded, item);
      }
      std::string text = fCode.substr(item.begin, item.end - item.begin);
      if (item.kind == ItemKind::command) {
         while (!text.empty() && std::isspace((unsigned char)text.back()))
            text.pop_back();
         if (fWatcher.Takes(text))
            return;
         Execute(text, item, kCommand);
         if (fOutcome.Ok())
            fWatcher.Ran(item, text, LineOf(item));
         return;
      }
      RunCode(text, item);
      // cling forgets the optimization level after each input; the user means the cell.
      if (item.kind == ItemKind::directive && text.find("cling") != std::string::npos &&
          text.find("optimize") != std::string::npos)
         fPragmas = text + "\n";
   }

   /// cling takes a whole conditional for statements, in which no function can be defined: it is only asked which branch is
   /// taken, and that runs as if it stood alone.
   void RunConditional(const std::vector<Guarded> &guarded, const Item &item)
   {
      std::string probe = "#undef ROOTBOOK_BRANCH\n#define ROOTBOOK_BRANCH -1\n";
      int line = 0, column = 0, number = 0;
      for (const Guarded &branch : guarded) {
         locate(fCode, branch.directive, line, column);
         probe += Line(fFirstLine + line - 1) + fCode.substr(branch.directive, branch.begin - branch.directive);
         probe += "\n#undef ROOTBOOK_BRANCH\n#define ROOTBOOK_BRANCH " + std::to_string(number++) + "\n";
      }
      Execute(probe + "#endif\n", item, kCode);
      Long_t taken = fOutcome.Ok() ? gInterpreter->Calc("(long)ROOTBOOK_BRANCH") : -1;
      if (taken < 0 || taken >= number)
         return;
      std::string only = fCode;
      for (size_t i = 0; i < only.size(); ++i)
         if (only[i] != '\n' && (i < guarded[taken].begin || i >= guarded[taken].end))
            only[i] = ' ';
      RunItems(split(only));
   }

   void RunCode(const std::string &text, const Item &item)
   {
      if (!item.names.empty())
         return RunTogether(text, item);
      Shape shape(text);
      std::string range = shape.Range();
      if (!range.empty() && !gROOT->GetGlobal(range.c_str(), false) && IsUnknown(range, item))
         return;
      bool declares = shape.DeclaresByAssignment(), deduces = declares || shape.StartsWithAuto();
      std::string before = declares ? "auto\n" : "", space = shape.Namespace();
      if (item.kind == ItemKind::definition || shape.IsBinding() || shape.IsMember())
         before = unwrapped();
      std::string code = before + std::string(item.column - 1, ' ') + countable(text);
      int line = LineOf(item) - (before.empty() ? 0 : 1);
      if (deduces || !space.empty())
         fDiagnostics.Hold();
      Execute(fPragmas + Line(line) + code, item, kCode);
      std::vector<Diagnostic> held = fDiagnostics.Take();
      if (!space.empty() && fOutcome.message.compare(0, 16, "redefinition of ") == 0) {
         fOutcome = Outcome();
         return Execute(newNamespace(space) + fPragmas + Line(line) + code, item, kCode);
      }
      // Only a class as a whole, or a primary template, can be defined anew.
      if ((item.kind == ItemKind::definition || shape.IsMember()) && fOutcome.message.compare(0, 16, "redefinition of ") == 0)
         fOutcome.message += ": what this belongs to must be defined anew, too (run the cell that defines it)";
      if (deduces && fOutcome.message == "cannot deduce 'auto' from unknown expression" && NameUnknown(shape, item))
         return;
      // Of a class that is complete already, which cling refuses without a word.
      if (fOutcome.name == "Refused" && shape.IsForwardDeclaration())
         fOutcome = Outcome();
      for (const Diagnostic &remark : held)
         fDiagnostics.Tell(remark);
      if (fOutcome.Ok())
         fWatcher.Ran(item, text, LineOf(item));
   }

   /// Declarations that name each other before they are defined.
   void RunTogether(const std::string &text, const Item &item)
   {
      fDiagnostics.Hold();
      hide(item.names);
      fDiagnostics.Take();
      Execute(fPragmas + Line(LineOf(item) - 1) + together(std::string(item.column - 1, ' ') + countable(text)), item, kCode);
      if (fOutcome.Ok())
         fWatcher.Ran(item, text, LineOf(item));
   }

   /// Says which name it is that nothing can be deduced from.
   bool NameUnknown(const Shape &shape, const Item &item)
   {
      for (const std::string &name : shape.Names())
         if (IsUnknown(name, item))
            return true;
      return false;
   }

   /// Compiles a name alone: an unknown one fails the cell, with its place.
   bool IsUnknown(const std::string &name, const Item &item)
   {
      Outcome before = fOutcome;
      fOutcome = Outcome();
      fDiagnostics.Hold();
      Execute(fPragmas + Line(LineOf(item)) + "(void)" + name + ";", item, kCode);
      std::vector<Diagnostic> held = fDiagnostics.Take();
      bool unknown = fOutcome.message == "use of undeclared identifier '" + name + "'";
      if (!unknown)
         fOutcome = before;
      for (const Diagnostic &remark : held)
         if (unknown)
            fDiagnostics.Tell(remark);
      return unknown;
   }

   std::string Line(int line) const { return "#line " + std::to_string(line) + Quoted() + "\n"; }

   static void Enter(void *argument)
   {
      Call &call = *static_cast<Call *>(argument);
      if (call.way == kDeclare)
         call.declared = gInterpreter->Declare(call.text->c_str());
      else
         gROOT->ProcessLine(call.text->c_str(), reinterpret_cast<Int_t *>(&call.error));
   }

   void Execute(const std::string &text, const Item &item, Way way)
   {
      int line = LineOf(item);
      fDiagnostics.Begin(fCode.substr(item.begin, item.end - item.begin), fName, line, item.column);
      Call call{&text, way, TInterpreter::kNoError, true};
      try {
         fWatcher.Guard(Enter, &call);
      } catch (const Interrupted &) {
         return Fail("interrupted", "Interrupted", "The cell was interrupted.", line, item.column);
      } catch (const FatalError &) {
         // Said below, because user code may have caught it as well.
      } catch (const std::exception &error) {
         return Fail("exception", TypeName(typeid(error)), error.what(), line, item.column);
      } catch (const std::string &text) {
         return Fail("exception", "std::string", text, line, item.column);
      } catch (const char *text) {
         return Fail("exception", "const char*", text ? text : "", line, item.column);
      } catch (...) {
         const std::type_info *type = abi::__cxa_current_exception_type();
         return Fail("exception", type ? TypeName(*type) : "unknown", "", line, item.column);
      }
      if (!fDiagnostics.Fatal().empty())
         Fail("fatal", "Fatal", fDiagnostics.Fatal(), line, item.column);
      else
         Judge(call, item);
   }

   /// By ROOT's error message alone. What a macro that `.x` runs reports of its own work is not one about the command.
   bool CommandFailed(const std::string &command) const
   {
      const std::string &error = fDiagnostics.RootError();
      if (command.compare(0, 2, ".x") != 0 && command.compare(0, 2, ".X") != 0)
         return !error.empty();
      for (const char *place : {"TApplication::", "TRint::", "TCling::", "TSystem::", "TUnixSystem::", "ACLiC"})
         if (error.compare(0, std::strlen(place), place) == 0)
            return true;
      return false;
   }

   void Judge(const Call &call, const Item &item)
   {
      if (call.error == TInterpreter::kProcessing)
         gROOT->ProcessLine(".@"); // leaves cling's continuation
      bool command = call.way == kCommand;
      bool failed = call.error != TInterpreter::kNoError || !call.declared || (command && CommandFailed(*call.text));
      if (!failed)
         return;
      int line = LineOf(item), column = item.column;
      for (const Position &error : fDiagnostics.Errors())
         if (error.name == fName)
            return Fail("error", "CompileError", error.message, error.line, error.column);
      if (!fDiagnostics.Errors().empty()) {
         const Position &error = fDiagnostics.Errors().front();
         std::string place = error.line > 0 ? error.name + ":" + std::to_string(error.line) + ": " : "";
         return Fail("error", "CompileError", place + error.message, line, column);
      }
      // ROOT's own message is the command line of the compiler.
      if (fDiagnostics.RootError().compare(0, 16, "ACLiC: Executing") == 0)
         return Fail("error", "CompileError", "ACLiC could not compile this: what the compiler printed says why.", line, column);
      if (!fDiagnostics.RootError().empty())
         return Fail("error", command ? "CommandError" : "Error", fDiagnostics.RootError(), line, column);
      if (command)
         return Fail("error", "CommandError", "The command failed.", line, column);
      Fail("error", "Refused",
           "The interpreter refused this without saying why; it may declare anew, as another kind, what a cell has defined.",
           line, column);
   }

   static std::string TypeName(const std::type_info &type)
   {
      int status = 0;
      char *readable = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
      std::string name = readable ? readable : type.name();
      std::free(readable);
      Diagnostics::Withdraw(name);
      return name;
   }
};

inline Outcome runCell(const std::string &code, const std::string &name, int firstLine = 1, Watcher *watcher = nullptr)
{
   return CellRun(code, name, firstLine, watcher).Run();
}

inline Outcome declareCell(const std::string &code, const std::string &name, int firstLine = 1, Watcher *watcher = nullptr)
{
   return CellRun(code, name, firstLine, watcher).Declare();
}

inline Outcome compileCell(const std::string &code, const std::string &name, int firstLine, const std::string &directory,
                           Watcher *watcher = nullptr)
{
   return CellRun(code, name, firstLine, watcher).Compile(directory);
}

} // namespace rootbook

#endif
