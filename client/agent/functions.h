// The functions that cells and macros have defined, so that a crash can name those of its frames.
#ifndef ROOTBOOK_FUNCTIONS_H
#define ROOTBOOK_FUNCTIONS_H

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "TClass.h"
#include "TFunction.h"
#include "TInterpreter.h"
#include "TCollection.h"
#include "TList.h"
#include "TROOT.h"
#include "TString.h"
#include "TSystem.h"

#include "cells.h"

/// Of the unwinder: where the function that holds a place starts.
struct rootbook_bases {
   void *text, *data, *function;
};
extern "C" const void *_Unwind_Find_FDE(void *, rootbook_bases *);

namespace rootbook {

class UserFunctions {
public:
   /// Takes note of an item that was executed. @param line of the cell at which it starts.
   void Add(const Item &item, const std::string &text, const std::string &cell, int line)
   {
      std::vector<Token> tokens = Lexer(text).Run();
      bool head = true; // rather than parameters, initializers or a body
      int depth = 0;
      for (size_t i = 0; i + 1 < tokens.size(); ++i) {
         std::string word = textOf(text, tokens[i]), next = textOf(text, tokens[i + 1]);
         depth += word == "{" ? 1 : word == "}" ? -1 : 0;
         head = head || (depth == 0 && (word == "}" || word == ";"));
         if (item.kind == ItemKind::code && (word == "struct" || word == "class") && tokens[i + 1].kind == Token::word)
            return fKnown.push_back({true, next, text, cell, line});
         if (item.kind == ItemKind::code)
            return;
         if (head && depth == 0 && next == "(" && tokens[i].kind == Token::word) {
            std::string owner = i > 1 && textOf(text, tokens[i - 1]) == "::" ? textOf(text, tokens[i - 2]) : "";
            fKnown.push_back({!owner.empty(), owner.empty() ? word : owner, text, cell, line});
            head = false;
         }
      }
   }

   /// Takes note of what a file holds that `command` (`.L x.C`, `.x x.C(1)`, `#include "x.h"`) has read.
   void AddFile(const std::string &command)
   {
      size_t quote = command.find('"'), from = quote == std::string::npos ? command.find_first_of(" \t") : quote + 1;
      bool reads = quote != std::string::npos || command.compare(0, 2, ".L") == 0 || command.compare(0, 2, ".x") == 0 ||
                   command.compare(0, 2, ".X") == 0;
      if (!reads || from == std::string::npos)
         return;
      TString mode, arguments, streams, file = command.substr(from, command.find('"', from) - from).c_str();
      file = gSystem->SplitAclicMode(TString(file.Strip(TString::kBoth)), mode, arguments, streams);
      if (!mode.IsNull() || !gSystem->FindFile(TROOT::GetMacroPath(), file))
         return; // the library that ACLiC has made knows its functions itself
      std::ifstream in(file.Data());
      std::string text((std::istreambuf_iterator<char>(in)), {});
      for (const Item &item : split(text))
         Add(item, text.substr(item.begin, item.end - item.begin), gSystem->BaseName(file), item.line);
   }

   /// The user's function that holds this place of its code, or nothing. Asks the interpreter, which compiles nothing for it.
   /// @param outermost the frame is nearly always cling's own wrapper; classes, which take long, are not asked then.
   std::string At(void *place, bool outermost)
   {
      rootbook_bases bases{};
      if (!_Unwind_Find_FDE(place, &bases) || !bases.function || bases.function == fLast)
         return "";
      fLast = bases.function; // one of a recursion says it
      for (bool classes : {false, true})
         for (auto known = fKnown.rbegin(); known != fKnown.rend(); ++known)
            if (known->inClass == classes && !(classes && outermost))
               if (TFunction *function = Match(*known, bases.function))
                  return Describe(*known, *function);
      return "";
   }

private:
   struct Known {
      bool inClass;
      std::string name, text, cell;
      int line;
   };
   std::vector<Known> fKnown;
   void *fLast = nullptr;

   static TFunction *Match(const Known &known, void *address)
   {
      if (!known.inClass) {
         TFunction *function = gROOT->GetGlobalFunction(known.name.c_str(), nullptr, false);
         return function && IsAt(*function, address) ? function : nullptr;
      }
      TClass *type = TClass::GetClass(known.name.c_str(), true, true);
      TIter next(type ? type->GetListOfMethods() : nullptr);
      while (auto *function = static_cast<TFunction *>(next()))
         if (IsAt(*function, address))
            return function;
      return nullptr;
   }

   static bool IsAt(TFunction &function, void *address)
   {
      const char *name = function.GetMangledName();
      return name && *name && gInterpreter->FindSym(name) == address;
   }

   /// Which line of the function was at work is not known; where it is defined is.
   static std::string Describe(const Known &known, TFunction &function)
   {
      std::vector<Token> tokens = Lexer(known.text).Run();
      int line = 1, column = 1;
      for (size_t i = 0; i + 1 < tokens.size(); ++i)
         if (textOf(known.text, tokens[i]) == function.GetName() && textOf(known.text, tokens[i + 1]) == "(") {
            locate(known.text, tokens[i].begin, line, column);
            break;
         }
      std::string name = known.inClass ? known.name + "::" + function.GetName() : function.GetName();
      return name + function.GetSignature() + ", defined in line " + std::to_string(known.line + line - 1) + " of " + known.cell;
   }
};

} // namespace rootbook

#endif
