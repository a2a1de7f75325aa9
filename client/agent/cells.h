// Cuts a C++ cell into its top-level items. Pure text: no ROOT, no compiler; compiles alone.
//
// cling takes one function definition, or statements, or directives at a time. A notebook cell holds them in any order, so
// each item is fed on its own: a declaration, a statement (with its else, catch or while), a directive, a dot command.
#ifndef ROOTBOOK_CELLS_H
#define ROOTBOOK_CELLS_H

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string>
#include <vector>

namespace rootbook {

/// `definition` is a function with its body, which cling sometimes takes for a statement.
enum class ItemKind { code, definition, directive, command };

/// A piece of a cell: bytes [begin, end) of its text. `line` and `column` count from 1, columns in bytes. `names` are those
/// that a run of declarations declares which belong together.
struct Item {
   ItemKind kind;
   size_t begin, end;
   int line, column;
   std::vector<std::string> names{};
};

struct Token {
   enum Kind { word, number, literal, punctuation, directive } kind;
   size_t begin, end;
};

/// What keeps a cell from being complete; `line` is 0 when it is.
struct Incomplete {
   std::string message;
   int line = 0, column = 0;
};

inline void locate(const std::string &text, size_t at, int &line, int &column)
{
   line = 1;
   size_t start = 0;
   for (size_t i = 0; i < at && i < text.size(); ++i)
      if (text[i] == '\n') {
         ++line;
         start = i + 1;
      }
   column = int(at - start) + 1;
}

/// Tokens without blanks and comments; what is not C++ becomes punctuation.
class Lexer {
public:
   explicit Lexer(const std::string &text) : fText(text) {}

   std::vector<Token> Run()
   {
      while (fAt < fText.size())
         Step();
      return fTokens;
   }

   /// Start of a comment or raw string that never ends, or npos.
   size_t fUnterminated = std::string::npos;

private:
   const std::string &fText;
   std::vector<Token> fTokens;
   size_t fAt = 0;
   bool fLineStart = true;

   char Peek(size_t ahead = 0) const { return fAt + ahead < fText.size() ? fText[fAt + ahead] : '\0'; }
   bool Starts(const char *with) const { return fText.compare(fAt, std::strlen(with), with) == 0; }
   static bool IsWord(char c) { return std::isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80); }

   void Add(Token::Kind kind, size_t end)
   {
      fTokens.push_back({kind, fAt, end});
      fAt = end;
      fLineStart = false;
   }

   void Step()
   {
      char c = Peek();
      if (std::isspace((unsigned char)c)) {
         fLineStart = fLineStart || c == '\n';
         ++fAt;
      } else if (c == '\\' && Peek(1) == '\n') {
         fAt += 2;
      } else if (Starts("//")) {
         fAt = LineEnd(fAt);
      } else if (Starts("/*")) {
         SkipTo("*/");
      } else if (c == '#' && fLineStart) {
         Add(Token::directive, DirectiveEnd());
         fLineStart = true;
      } else if (size_t raw = RawStringEnd()) {
         Add(Token::literal, raw);
      } else if (size_t quoted = QuotedEnd()) {
         Add(Token::literal, quoted);
      } else if (std::isdigit((unsigned char)c) || (c == '.' && std::isdigit((unsigned char)Peek(1)))) {
         Add(Token::number, NumberEnd());
      } else if (IsWord(c)) {
         size_t end = fAt;
         while (end < fText.size() && IsWord(fText[end]))
            ++end;
         Add(Token::word, end);
      } else {
         Add(Token::punctuation, fAt + PunctuationLength());
      }
   }

   /// The end of the line, continued lines included.
   size_t LineEnd(size_t from) const
   {
      size_t end = from;
      while (end < fText.size() && !(fText[end] == '\n' && fText[end - 1] != '\\'))
         ++end;
      return end;
   }

   void SkipTo(const char *closing)
   {
      size_t end = fText.find(closing, fAt + 2);
      if (end == std::string::npos)
         fUnterminated = fAt;
      fAt = end == std::string::npos ? fText.size() : end + std::strlen(closing);
   }

   /// A directive ends with its line; a comment that starts on it may go on.
   size_t DirectiveEnd()
   {
      size_t end = LineEnd(fAt), comment = fText.find("/*", fAt), single = fText.find("//", fAt);
      if (comment < end && comment < single) {
         size_t close = fText.find("*/", comment + 2);
         if (close == std::string::npos)
            fUnterminated = comment;
         else if (close > end)
            end = LineEnd(close);
      }
      return end;
   }

   size_t PrefixLength() const
   {
      for (const char *prefix : {"u8", "u", "U", "L"})
         if (Starts(prefix))
            return std::strlen(prefix);
      return 0;
   }

   size_t RawStringEnd()
   {
      size_t open = fAt + PrefixLength();
      if (fText.compare(open, 2, "R\"") != 0)
         return 0;
      size_t paren = fText.find('(', open);
      if (paren == std::string::npos || paren - open > 18)
         return 0;
      std::string closing = ")" + fText.substr(open + 2, paren - open - 2) + "\"";
      size_t end = fText.find(closing, paren);
      if (end == std::string::npos)
         fUnterminated = fAt;
      return end == std::string::npos ? fText.size() : end + closing.size();
   }

   size_t QuotedEnd() const
   {
      size_t open = fAt + PrefixLength();
      char quote = open < fText.size() ? fText[open] : '\0';
      if (quote != '"' && quote != '\'')
         return 0;
      size_t end = open + 1;
      while (end < fText.size() && fText[end] != quote && fText[end] != '\n')
         end += fText[end] == '\\' ? 2 : 1;
      return end < fText.size() && fText[end] == quote ? end + 1 : std::min(end, fText.size());
   }

   size_t NumberEnd() const
   {
      size_t end = fAt + 1;
      for (; end < fText.size(); ++end) {
         char c = fText[end];
         bool exponent = (c == '+' || c == '-') && std::strchr("eEpP", fText[end - 1]);
         bool separator = c == '\'' && end + 1 < fText.size() && IsWord(fText[end + 1]);
         if (!IsWord(c) && c != '.' && !exponent && !separator)
            break;
      }
      return end;
   }

   /// `>` stays single, so that template brackets can be counted.
   size_t PunctuationLength() const
   {
      for (const char *sign : {"<<=", "...", "->*", "::", "->", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=",
                               "|=", "^=", "&&", "||", "<<", "++", "--"})
         if (Starts(sign))
            return std::strlen(sign);
      return 1;
   }
};

inline std::string textOf(const std::string &code, const Token &token)
{
   return code.substr(token.begin, token.end - token.begin);
}

/// `if`, `endif`, `include`, ... for a directive.
inline std::string directiveName(const std::string &code, const Token &token)
{
   size_t from = token.begin + 1;
   while (from < token.end && std::isspace((unsigned char)code[from]))
      ++from;
   size_t to = from;
   while (to < token.end && std::isalpha((unsigned char)code[to]))
      ++to;
   return code.substr(from, to - from);
}

/// Is the token at this place the start of a dot command (`.L x.C`, `.!ls`, `?`), alone on its line?
inline bool startsCommand(const std::string &code, size_t at)
{
   size_t start = at;
   while (start > 0 && (code[start - 1] == ' ' || code[start - 1] == '\t'))
      --start;
   if (start > 0 && code[start - 1] != '\n')
      return false;
   if (code[at] == '?')
      return true;
   if (code[at] != '.' || at + 1 >= code.size())
      return false;
   char next = code[at + 1];
   return std::isalpha((unsigned char)next) || std::strchr("!?@>", next);
}

} // namespace rootbook

#include "split.h"

#endif
