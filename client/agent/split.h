// The second half of cells.h: where an item ends. Include cells.h.
#ifndef ROOTBOOK_SPLIT_H
#define ROOTBOOK_SPLIT_H

#include <initializer_list>

namespace rootbook {

class Splitter {
public:
   explicit Splitter(const std::string &code) : fCode(code)
   {
      Lexer lexer(fCode);
      fTokens = lexer.Run();
      fUnterminated = lexer.fUnterminated;
   }

   std::vector<Item> Items()
   {
      std::vector<Piece> pieces;
      for (size_t i = 0; i < fTokens.size();) {
         const size_t first = i;
         ItemKind kind = ItemKind::command;
         size_t end;
         if (startsCommand(fCode, fTokens[first].begin)) {
            end = std::min(fCode.find('\n', fTokens[first].begin), fCode.size());
            while (i < fTokens.size() && fTokens[i].begin < end)
               ++i;
         } else {
            kind = fTokens[first].kind == Token::directive ? ItemKind::directive : ItemKind::code;
            i = kind == ItemKind::directive ? DirectiveEnd(first) : CodeEnd(first, kind);
            end = fTokens[i - 1].end;
         }
         pieces.push_back({Make(kind, fTokens[first].begin, end), first, i});
      }
      return Joined(pieces);
   }

   /// cling loops for ever on unbalanced input, so this is asked first. Dot commands may hold anything.
   Incomplete Balance()
   {
      std::vector<Token> open;
      std::vector<std::vector<Token>> conditional;
      for (const Item &item : Items()) {
         if (item.kind == ItemKind::command)
            continue;
         for (const Token &token : fTokens) {
            if (token.begin < item.begin || token.begin >= item.end)
               continue;
            if (token.kind == Token::directive)
               Branch(directiveName(fCode, token), open, conditional);
            if (token.kind != Token::punctuation)
               continue;
            char c = fCode[token.begin];
            if (std::strchr("([{", c) && token.end == token.begin + 1)
               open.push_back(token);
            else if (std::strchr(")]}", c)) {
               if (open.empty() || Partner(fCode[open.back().begin]) != c)
                  return Extra(token, open);
               open.pop_back();
            }
         }
      }
      if (fUnterminated != std::string::npos)
         return Report(fUnterminated, fCode[fUnterminated] == '/' ? "comment /*" : "raw string");
      if (!open.empty())
         return Report(open.back().begin, std::string("bracket ") + fCode[open.back().begin]);
      return {};
   }

private:
   std::string fCode;
   std::vector<Token> fTokens;
   size_t fUnterminated = std::string::npos;

   Item Make(ItemKind kind, size_t begin, size_t end) const
   {
      Item item{kind, begin, end, 1, 1};
      locate(fCode, begin, item.line, item.column);
      return item;
   }

   /// An item and its tokens [first, next).
   struct Piece {
      Item item;
      size_t first, next;
   };

   /// cling hides each function definition in a namespace of its own, where a prototype before it does not mean it: what
   /// stands from a prototype to its definition stays together, when all of it can stand in one namespace.
   std::vector<Item> Joined(const std::vector<Piece> &pieces) const
   {
      std::vector<Item> items;
      for (size_t i = 0; i < pieces.size(); ++i) {
         size_t last = i;
         for (size_t k = i; k <= last; ++k)
            last = std::max(last, DefinitionOf(pieces, k));
         items.push_back(pieces[i].item);
         Item &item = items.back();
         for (size_t k = i; k <= last && last > i; ++k)
            item.names.push_back(Declared(pieces[k]));
         if (std::count(item.names.begin(), item.names.end(), "") > 0) {
            item.names.clear();
            last = i;
         }
         if (last > i)
            item.kind = ItemKind::definition;
         item.end = pieces[last].item.end;
         i = last;
      }
      return items;
   }

   /// Where that is defined which `i` only announces, a function or a class; else `i`.
   size_t DefinitionOf(const std::vector<Piece> &pieces, size_t i) const
   {
      std::string name = pieces[i].item.kind == ItemKind::code ? Declared(pieces[i]) : "";
      bool function = !DeclaredFunction(pieces[i]).empty();
      for (size_t k = i + 1; k < pieces.size() && !name.empty() && (function || IsForward(pieces[i])); ++k)
         if (Declared(pieces[k]) == name && (function ? pieces[k].item.kind == ItemKind::definition : !IsForward(pieces[k])))
            return k;
      return i;
   }

   /// `struct K;`
   bool IsForward(const Piece &piece) const
   {
      return piece.next - piece.first == 3 && OneOf(Text(piece.first), {"struct", "class", "union"});
   }

   /// The name before the first ( of what may be the declaration of a function, or nothing.
   std::string DeclaredFunction(const Piece &piece) const
   {
      for (size_t i = piece.first; i + 1 < piece.next; i = Text(i) == "<" ? PastAngles(i) : i + 1) {
         if (OneOf(Text(i), {"=", "{", ".", "operator"}) || fTokens[i].kind == Token::literal)
            return "";
         if (Text(i + 1) == "(" && fTokens[i].kind == Token::word) {
            return i > piece.first && (fTokens[i - 1].kind == Token::word || OneOf(Text(i - 1), {"*", "&", ">"})) ? Text(i) : "";
         }
      }
      return "";
   }

   /// The one name that a piece declares, where it is a function, class, alias or plain variable.
   std::string Declared(const Piece &piece) const
   {
      std::string function = DeclaredFunction(piece);
      if (!function.empty() || piece.item.kind != ItemKind::code || Text(piece.next - 1) != ";")
         return function;
      size_t head = Head(piece.first);
      std::string name = Text(head + 1), after = Text(head + 2);
      bool typed = fTokens[head].kind == Token::word && head + 1 < piece.next && fTokens[head + 1].kind == Token::word;
      if (!typed || OneOf(Text(head), {"return", "delete", "throw", "goto", "enum", "namespace"}))
         return "";
      if (OneOf(Text(head), {"struct", "class", "union"}) && !IsForward(piece) && Text(piece.next - 2) != "}")
         return "";
      for (size_t i = head; i < piece.next; i = OneOf(Text(i), {"(", "{", "["}) ? Past(i) : i + 1)
         if (Text(i) == ",")
            return "";
      return OneOf(after, {"=", ";", "{", "[", ":"}) ? name : "";
   }

   static char Partner(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

   /// The branches of a conditional each start with the brackets that were open before it.
   static void Branch(const std::string &name, std::vector<Token> &open, std::vector<std::vector<Token>> &conditional)
   {
      if (name.compare(0, 2, "if") == 0)
         conditional.push_back(open);
      else if (name.compare(0, 2, "el") == 0 && !conditional.empty())
         open = conditional.back();
      else if (name == "endif" && !conditional.empty())
         conditional.pop_back();
   }

   Incomplete Report(size_t at, const std::string &what) const
   {
      Incomplete found;
      locate(fCode, at, found.line, found.column);
      found.message = "The " + what + " of line " + std::to_string(found.line) + " is not closed.";
      return found;
   }

   Incomplete Extra(const Token &token, const std::vector<Token> &open) const
   {
      Incomplete found;
      locate(fCode, token.begin, found.line, found.column);
      std::string bracket = textOf(fCode, token), line = std::to_string(found.line);
      found.message = "The bracket " + bracket + " of line " + line + " closes nothing.";
      if (!open.empty()) {
         int at, column;
         locate(fCode, open.back().begin, at, column);
         found.message = "The bracket " + bracket + " of line " + line + " does not match the " +
                         fCode[open.back().begin] + " of line " + std::to_string(at) + ".";
      }
      return found;
   }

   std::string Text(size_t i) const { return i < fTokens.size() ? textOf(fCode, fTokens[i]) : ""; }

   static bool OneOf(const std::string &text, std::initializer_list<const char *> words)
   {
      for (const char *word : words)
         if (text == word)
            return true;
      return false;
   }

   /// A conditional (#if to its #endif) is one item.
   size_t DirectiveEnd(size_t i) const
   {
      int depth = 0;
      for (; i < fTokens.size(); ++i) {
         std::string name = fTokens[i].kind == Token::directive ? directiveName(fCode, fTokens[i]) : "";
         if (name.compare(0, 2, "if") == 0)
            ++depth;
         else if (name == "endif")
            --depth;
         if (depth <= 0)
            return i + 1;
      }
      return i;
   }

   /// After the bracket that closes the one at `i`.
   size_t Past(size_t i) const
   {
      int depth = 0;
      for (; i < fTokens.size(); ++i) {
         if (fTokens[i].kind != Token::punctuation)
            continue;
         std::string sign = Text(i);
         if (OneOf(sign, {"(", "[", "{"}))
            ++depth;
         else if (OneOf(sign, {")", "]", "}"}) && --depth <= 0)
            return i + 1;
      }
      return i;
   }

   /// After the `>` that closes the `<` at `i`.
   size_t PastAngles(size_t i) const
   {
      int depth = 0;
      while (i < fTokens.size()) {
         std::string sign = Text(i);
         if (OneOf(sign, {"(", "[", "{"})) {
            i = Past(i);
            continue;
         }
         if (sign == "<")
            ++depth;
         else if (sign == ">" && --depth <= 0)
            return i + 1;
         else if (sign == ";")
            return i;
         ++i;
      }
      return i;
   }

   /// Skips what may stand before the word that says what an item is.
   size_t Head(size_t i) const
   {
      for (;;) {
         std::string text = Text(i);
         if (text == "template" && Text(i + 1) == "<")
            i = PastAngles(i + 1);
         else if (text == "[" && Text(i + 1) == "[")
            i = Past(i);
         else if (OneOf(text, {"static", "inline", "constexpr", "const", "volatile", "export"}))
            ++i;
         else if (text == "extern" && fTokens.size() > i + 1 && fTokens[i + 1].kind == Token::literal)
            i += 2;
         else
            return i;
      }
   }

   static bool IsControl(const std::string &head)
   {
      return OneOf(head, {"if", "else", "for", "while", "do", "switch", "try", "catch", "{"});
   }

   /// One past the last token of the item of code that starts at token `first`.
   size_t CodeEnd(size_t first, ItemKind &kind) const
   {
      Shape shape;
      shape.head = Text(Head(first));
      size_t i = Head(first);
      if (OneOf(shape.head, {"R__LOAD_LIBRARY", "R__ADD_INCLUDE_PATH", "R__ADD_LIBRARY_PATH", "ClassImp"})) {
         size_t end = Past(i + 1);
         return Text(end) == ";" ? end + 1 : end;
      }
      while (i < fTokens.size()) {
         if (fTokens[i].kind == Token::directive) {
            if (i > first && OneOf(directiveName(fCode, fTokens[i]), {"include", "pragma", "define", "undef"}))
               return i;
            ++i;
         } else if (Text(i) == "{") {
            size_t end = Past(i);
            bool block = IsBlock(i, first, shape);
            i = end;
            if (block && shape.parameters && !IsControl(shape.head))
               kind = ItemKind::definition;
            if (block && !GoesOn(i, shape))
               return Text(i) == ";" ? i + 1 : i;
         } else if (Text(i) == ";") {
            if (!GoesOn(++i, shape))
               return i;
         } else {
            i = Note(i, first, shape);
         }
      }
      return i;
   }

   /// What was seen at the top level of an item so far.
   struct Shape {
      std::string head;
      bool parameters = false;  ///< a pair of ( ) that may be a parameter list
      bool expression = false;  ///< an assignment or a lambda: braces do not end the item
      bool initializers = false;///< the : of a constructor
      bool trailing = false;    ///< the -> of a return type
      int dos = 0;              ///< `do` without its `while`
   };

   /// Takes note of a token and returns the place after it.
   size_t Note(size_t i, size_t first, Shape &shape) const
   {
      std::string text = Text(i), before = i > first ? Text(i - 1) : "";
      if (text == "operator") {
         size_t end = i + 1;
         if (Text(end) == "(" || Text(end) == "[")
            return end + 2;
         while (end < fTokens.size() && Text(end) != "(" && Text(end) != ";")
            ++end;
         return end;
      }
      if (text == "(") {
         if (!OneOf(before, {"alignas", "__attribute__", "decltype", "noexcept", "explicit", "requires"}))
            shape.parameters = true;
         return Past(i);
      }
      if (text == "[") {
         bool subscript = i > first && (fTokens[i - 1].kind == Token::word || before == ")" || before == "]");
         subscript = subscript && before != "return";
         if (!subscript && Text(i + 1) != "[")
            shape.expression = true;
         return Past(i);
      }
      if (OneOf(text, {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", "<<", "return", "new"}))
         shape.expression = true;
      else if (text == "do")
         ++shape.dos;
      else if (text == ":" && shape.parameters)
         shape.initializers = true;
      else if (text == "->" && shape.parameters)
         shape.trailing = true;
      return i + 1;
   }

   /// Does the { at token `i` open a block that ends the item, rather than an initializer or a class body?
   bool IsBlock(size_t i, size_t first, Shape &shape) const
   {
      std::string before = i > first ? Text(i - 1) : "";
      if (shape.expression)
         return false;
      if (shape.head == "namespace" || shape.head == "{")
         return true;
      if (IsControl(shape.head))
         return i == first || OneOf(before, {")", "else", "do", "try"});
      if (!shape.parameters)
         return false;
      if (shape.initializers)
         return OneOf(before, {")", "}", "try"});
      if (OneOf(before, {")", "const", "volatile", "noexcept", "override", "final", "mutable", "&", "&&", "try"}))
         return true;
      bool macro = before.size() > 1;
      for (char c : before)
         macro = macro && (std::isupper((unsigned char)c) || c == '_');
      return shape.trailing || macro;
   }

   /// After a block or a `;`: does the item go on with else, catch or the while of a do?
   bool GoesOn(size_t i, Shape &shape) const
   {
      std::string next = Text(i);
      shape.expression = false;
      if (next == "while" && shape.dos > 0) {
         --shape.dos;
         return true;
      }
      return next == "catch" || (next == "else" && IsControl(shape.head));
   }
};

inline std::vector<Item> split(const std::string &code)
{
   return Splitter(code).Items();
}

/// What a directive of a conditional guards: text [begin, end) of the cell, after the directive that starts at `directive`.
struct Guarded {
   size_t directive, begin, end;
};

/// The branches of a conditional that holds more than directives; none of any other item.
inline std::vector<Guarded> branches(const std::string &code, const Item &item)
{
   std::string text = code.substr(0, item.end);
   std::vector<Guarded> found;
   int depth = 0;
   bool onlyDirectives = true;
   for (const Token &token : Lexer(text).Run()) {
      if (token.begin < item.begin)
         continue;
      std::string name = token.kind == Token::directive ? directiveName(text, token) : "";
      onlyDirectives = onlyDirectives && !name.empty();
      bool opens = name.compare(0, 2, "if") == 0, ends = name == "endif";
      bool turns = depth == 1 && name.compare(0, 2, "el") == 0;
      if (!found.empty() && depth == 1 && (turns || ends))
         found.back().end = token.begin;
      if (turns || (opens && depth == 0))
         found.push_back({token.begin, token.end, text.size()});
      depth += opens ? 1 : ends ? -1 : 0;
   }
   return onlyDirectives || depth != 0 ? std::vector<Guarded>() : found;
}

inline Incomplete balance(const std::string &code)
{
   return Splitter(code).Balance();
}

} // namespace rootbook

#endif
