// What cling's prompt does otherwise than a user of a notebook expects, and which items it concerns.
#ifndef ROOTBOOK_PROMPT_H
#define ROOTBOOK_PROMPT_H

#include <map>
#include <set>
#include <string>
#include <vector>

#include "TInterpreter.h"
#include "TROOT.h"

#include "cells.h"

namespace rootbook {

/// An item, token by token.
class Shape {
public:
   explicit Shape(const std::string &text) : fText(text), fTokens(Lexer(fText).Run()) {}

   /// `x = 3` with an unknown x declares it at the ROOT prompt; cling's own way crashes when the right side has a mistake.
   bool DeclaresByAssignment() const
   {
      if (fTokens.size() < 3 || fTokens[0].kind != Token::word || Text(1) != "=")
         return false;
      void *special = nullptr;
      std::string name = Text(0);
      return !gROOT->GetGlobal(name.c_str(), false) && !gROOT->FindSpecialObject(name.c_str(), special);
   }

   bool StartsWithAuto() const { return Text(0) == "auto" || (Text(0) == "const" && Text(1) == "auto"); }

   /// cling keeps no structured bindings from its wrapper function.
   bool IsBinding() const
   {
      size_t at = Text(0) == "const" ? 1 : 0;
      return Text(at) == "auto" && (Text(at + 1) == "[" || (Text(at + 1) == "&" && Text(at + 2) == "["));
   }

   /// `int K::x = 3;`, which cannot stand in cling's wrapper function.
   bool IsMember() const
   {
      for (size_t i = 1; i + 3 < fTokens.size(); ++i) {
         bool typed = fTokens[i - 1].kind == Token::word || Text(i - 1) == ">";
         if (Text(i - 1) == "return" || Text(i - 1) == "delete" || Text(i - 1) == "new" || Text(i) == "=" || Text(i) == "(")
            return false;
         if (typed && fTokens[i].kind == Token::word && Text(i + 1) == "::" && fTokens[i + 2].kind == Token::word)
            return Text(i + 3) == "=" || Text(i + 3) == ";" || Text(i + 3) == "{" || Text(i + 3) == "[";
      }
      return false;
   }

   /// `struct K;`
   bool IsForwardDeclaration() const
   {
      std::string first = Text(0);
      return fTokens.size() == 3 && Text(2) == ";" && (first == "struct" || first == "class" || first == "union");
   }

   /// The namespace that the item opens, or nothing.
   std::string Namespace() const
   {
      size_t at = Text(0) == "inline" ? 1 : 0;
      bool opens = Text(at) == "namespace" && (Text(at + 2) == "{" || Text(at + 2) == "::");
      return opens && fTokens[at + 1].kind == Token::word && Text(at + 1) != "std" ? Text(at + 1) : "";
   }

   /// `v` of `for (auto x : v) ...`: cling crashes when it is unknown.
   std::string Range() const
   {
      if (Text(0) != "for")
         return "";
      int depth = 0;
      for (size_t i = 1; i < fTokens.size(); ++i) {
         std::string text = Text(i);
         depth += text == "(" || text == "[" || text == "{" ? 1 : text == ")" || text == "]" || text == "}" ? -1 : 0;
         if (depth == 0 || text == ";")
            return "";
         if (text == ":" && depth == 1)
            return i + 1 < fTokens.size() && fTokens[i + 1].kind == Token::word && Text(i + 2) != "(" ? Text(i + 1) : "";
      }
      return "";
   }

   /// Names on the right side of `=` that stand alone: no members, nothing qualified.
   std::vector<std::string> Names() const
   {
      std::vector<std::string> names;
      size_t i = 0;
      while (i < fTokens.size() && Text(i) != "=")
         ++i;
      for (; i < fTokens.size(); ++i) {
         std::string before = i > 0 ? Text(i - 1) : "";
         if (fTokens[i].kind == Token::word && before != "." && before != "->" && before != "::" && Text(i + 1) != "::")
            names.push_back(Text(i));
      }
      return names;
   }

private:
   std::string fText;
   std::vector<Token> fTokens;

   std::string Text(size_t i) const { return i < fTokens.size() ? textOf(fText, fTokens[i]) : ""; }
};

/// cling's count of brackets does not see one that comes right after the line of a conditional, unless a comment ends that line.
inline std::string countable(const std::string &text)
{
   std::string counted;
   size_t done = 0;
   for (const Token &token : Lexer(text).Run()) {
      std::string name = token.kind == Token::directive ? directiveName(text, token) : "";
      if (name.compare(0, 2, "if") != 0 && name.compare(0, 2, "el") != 0 && name != "endif")
         continue;
      counted += text.substr(done, token.end - done) + " //";
      done = token.end;
   }
   return counted + text.substr(done);
}

/// Input that starts with a namespace is not wrapped into a function by cling.
inline std::string unwrapped()
{
   return "namespace rootbook {}\n";
}

/// Hides what bears these names already, as cling itself does when one of them is defined anew: it is left hidden when
/// the definition is undone.
inline void hide(const std::vector<std::string> &names)
{
   std::string code = unwrapped();
   std::set<std::string> all(names.begin(), names.end());
   for (const std::string &name : all)
      code += "struct " + name + " {};\n";
   Int_t error = 0;
   gROOT->ProcessLine(code.c_str(), &error);
   if (error == TInterpreter::kNoError)
      gROOT->ProcessLine(".undo 1");
}

/// Puts declarations that need each other into a namespace that cling takes for one of its own.
inline std::string together(const std::string &declarations)
{
   static int count = 0;
   return "namespace rootbook {} inline namespace __cling_N590000" + std::to_string(++count) + " {\n" + declarations + "\n}\n";
}

/// A namespace with members of the same names as before: from now on its name means a new one, in which what only the
/// old one has can still be found.
inline std::string newNamespace(const std::string &name)
{
   static std::map<std::string, int> versions;
   int &version = versions[name];
   std::string old = version > 0 ? name + "_v" + std::to_string(version) : name;
   version += version > 0 ? 1 : 2;
   std::string fresh = name + "_v" + std::to_string(version);
   return "#undef " + name + "\nnamespace " + fresh + " { using namespace " + old + "; }\n#define " + name + " " + fresh + "\n";
}

} // namespace rootbook

#endif
