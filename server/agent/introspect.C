// Answers the language server: `root.exe -l -b -n -q introspect.C`. This process compiles nothing after its start: each
// question is answered by a forked child, which then ends. Never loaded into the user's kernel.
//
// stdin:  "<id> <operation> <milliseconds> <length of folder> <length of body>\n<folder><body>", or "<id> cancel 0 0 0\n"
// stdout: {"id":1,"status":"done|timeout|cancelled|crashed","output":"..."} on one line for each question
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <set>
#include <string>

#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "TBaseClass.h"
#include "TClass.h"
#include "TClassTable.h"
#include "TDataMember.h"
#include "TEnum.h"
#include "TEnumConstant.h"
#include "TError.h"
#include "TFunctionTemplate.h"
#include "TGlobal.h"
#include "TInterpreter.h"
#include "TMethod.h"
#include "TROOT.h"

namespace introspection {

constexpr size_t maxOutput = 32u << 20;
constexpr rlim_t maxExtraMemory = rlim_t(3) << 30;

struct Question {
   long id = 0;
   std::string operation, folder, body;
   int milliseconds = 0;
};

std::string quoted(const std::string &text)
{
   std::string out = "\"";
   for (unsigned char c : text) {
      if (c == '"' || c == '\\')
         out += '\\', out += c;
      else if (c == '\n')
         out += "\\n";
      else if (c < 32) {
         char code[8];
         snprintf(code, sizeof code, "\\u%04x", c);
         out += code;
      } else
         out += c;
   }
   return out + "\"";
}

/// An array of objects of strings, written piece by piece.
class Rows {
public:
   void Add(std::initializer_list<std::pair<const char *, std::string>> fields)
   {
      fText += fText.empty() ? "[{" : ",\n{";
      bool first = true;
      for (const auto &[key, value] : fields) {
         if (value.empty())
            continue;
         fText += (first ? "\"" : ",\"") + std::string(key) + "\":" + quoted(value);
         first = false;
      }
      fText += "}";
   }
   std::string Text() const { return fText.empty() ? "[]" : fText + "]"; }

private:
   std::string fText;
};

std::string access(long property)
{
   return property & kIsPublic ? "" : property & kIsProtected ? "protected" : "private";
}

/// Own members first, then those of the bases.
void addMembers(TClass *type, Rows &rows, std::set<std::string> &seen)
{
   if (!type || !seen.insert(type->GetName()).second)
      return;
   const std::string owner = type->GetName();
   for (TObject *each : *type->GetListOfMethods(true)) {
      auto method = static_cast<TMethod *>(each);
      long property = method->Property();
      long extra = method->ExtraProperty();
      const char *kind = extra & kIsConstructor ? "constructor" : extra & kIsDestructor ? "destructor" : "method";
      rows.Add({{"name", method->GetName()}, {"kind", kind}, {"type", method->GetReturnTypeName()},
                {"signature", method->GetSignature()}, {"doc", method->GetTitle()}, {"owner", owner},
                {"access", access(property)}, {"static", property & kIsStatic ? "yes" : ""},
                {"const", property & kIsConstMethod ? "yes" : ""}});
   }
   if (auto templates = type->GetListOfFunctionTemplates(true))
      for (TObject *each : *templates) {
         auto found = static_cast<TFunctionTemplate *>(each);
         rows.Add({{"name", found->GetName()}, {"kind", "template"}, {"doc", found->GetTitle()}, {"owner", owner},
                   {"access", access(found->Property())}});
      }
   for (TObject *each : *type->GetListOfDataMembers(true)) {
      auto member = static_cast<TDataMember *>(each);
      rows.Add({{"name", member->GetName()}, {"kind", "field"}, {"type", member->GetFullTypeName()}, {"doc", member->GetTitle()},
                {"owner", owner}, {"access", access(member->Property())}});
   }
   if (auto enums = type->GetListOfEnums(true))
      for (TObject *each : *enums) {
         auto found = static_cast<TEnum *>(each);
         rows.Add({{"name", found->GetName()}, {"kind", "enum"}, {"owner", owner}});
         for (TObject *constant : *found->GetConstants()) {
            auto value = static_cast<TEnumConstant *>(constant);
            rows.Add({{"name", value->GetName()}, {"kind", "constant"}, {"type", found->GetName()},
                      {"value", std::to_string(value->GetValue())}, {"doc", value->GetTitle()}, {"owner", owner}});
         }
      }
   if (auto bases = type->GetListOfBases())
      for (TObject *base : *bases)
         addMembers(static_cast<TBaseClass *>(base)->GetClassPointer(), rows, seen);
}

std::string members(const std::string &name)
{
   TClass *type = TClass::GetClass(name.c_str(), true, true);
   if (!type)
      return "null";
   Rows rows;
   std::set<std::string> seen;
   rows.Add({{"name", type->GetName()}, {"kind", "class"}, {"doc", type->GetTitle()},
             {"header", type->GetDeclFileName() ? type->GetDeclFileName() : ""}, {"line", std::to_string(type->GetDeclFileLine())}});
   addMembers(type, rows, seen);
   return rows.Text();
}

/// What can be named without a qualifier.
std::string names()
{
   Rows rows;
   rows.Add({{"name", TROOT::GetIncludeDir().Data()}, {"kind", "includes"}});
   for (TObject *each : *gROOT->GetListOfGlobals(true)) {
      auto global = static_cast<TGlobal *>(each);
      rows.Add({{"name", global->GetName()}, {"kind", "global"}, {"type", global->GetFullTypeName()}, {"doc", global->GetTitle()}});
   }
   for (TObject *each : *gROOT->GetListOfGlobalFunctions(true)) {
      auto function = static_cast<TFunction *>(each);
      rows.Add({{"name", function->GetName()}, {"kind", "function"}, {"type", function->GetReturnTypeName()},
                {"signature", function->GetSignature()}, {"doc", function->GetTitle()}});
   }
   for (TObject *each : *gROOT->GetListOfTypes(true))
      rows.Add({{"name", each->GetName()}, {"kind", "type"}, {"doc", each->GetTitle()}});
   gClassTable->Init();
   while (char *name = gClassTable->Next())
      rows.Add({{"name", name}, {"kind", "class"}});
   return rows.Text();
}

/// Nothing that a child does may stay: no file is written, no memory is eaten, no child of its own outlives it.
void guard(const Question &question)
{
   for (int each : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTERM, SIGINT, SIGXFSZ})
      signal(each, SIG_DFL);
   auto limit = [](auto what, rlim_t most) {
      rlimit value{most, most};
      setrlimit(what, &value);
   };
   limit(RLIMIT_CORE, 0);
   limit(RLIMIT_FSIZE, 0);
   limit(RLIMIT_CPU, question.milliseconds / 1000 + 2);
   if (FILE *file = fopen("/proc/self/statm", "r")) {
      unsigned long pages = 0;
      if (fscanf(file, "%lu", &pages) == 1)
         limit(RLIMIT_AS, rlim_t(pages) * sysconf(_SC_PAGESIZE) + maxExtraMemory);
      fclose(file);
   }
#ifdef __linux__
   prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

void answerInChild(const Question &question, int out)
{
   dup2(out, 1);
   dup2(out, 2);
   guard(question);
   if (!question.folder.empty() && chdir(question.folder.c_str()) == 0)
      gInterpreter->AddIncludePath(question.folder.c_str());
   std::string text;
   if (question.operation == "compile")
      gInterpreter->Declare(question.body.c_str());
   else if (question.operation == "members")
      text = members(question.body);
   else if (question.operation == "names")
      text = names();
   fwrite(text.data(), 1, text.size(), stdout);
   fflush(stdout);
   fflush(stderr);
   _exit(0);
}

class Server {
public:
   Server() : fOut(dup(1)) { dup2(2, 1); }

   void Serve()
   {
      Put("{\"ready\":true,\"version\":" + quoted(gROOT->GetVersion()) + "}\n");
      while (true) {
         while (fQuestions.empty())
            if (!Read())
               return;
         Question question = fQuestions.front();
         fQuestions.pop_front();
         if (!Answer(question))
            return;
      }
   }

private:
   int fOut;
   std::string fInput;
   std::deque<Question> fQuestions;
   std::set<long> fCancelled;

   void Put(const std::string &text)
   {
      for (size_t done = 0; done < text.size();) {
         ssize_t n = write(fOut, text.data() + done, text.size() - done);
         if (n <= 0)
            _exit(3);
         done += n;
      }
   }

   /// False when the server is gone.
   bool Read()
   {
      char buffer[65536];
      ssize_t n = read(0, buffer, sizeof buffer);
      if (n <= 0)
         return false;
      fInput.append(buffer, n);
      while (true) {
         size_t end = fInput.find('\n');
         if (end == std::string::npos)
            return true;
         Question question;
         char operation[16];
         size_t folder, body;
         if (sscanf(fInput.c_str(), "%ld %15s %d %zu %zu", &question.id, operation, &question.milliseconds, &folder, &body) != 5)
            return false;
         if (fInput.size() < end + 1 + folder + body)
            return true;
         question.operation = operation;
         question.folder = fInput.substr(end + 1, folder);
         question.body = fInput.substr(end + 1 + folder, body);
         fInput.erase(0, end + 1 + folder + body);
         if (question.operation == "cancel")
            fCancelled.insert(question.id);
         else
            fQuestions.push_back(question);
      }
   }

   /// False when the server is gone.
   bool Answer(const Question &question)
   {
      int ends[2];
      fflush(stdout);
      fflush(stderr);
      if (fCancelled.count(question.id) > 0 || pipe(ends) != 0)
         return Finish(question, "cancelled", "");
      pid_t child = fork();
      if (child == 0) {
         close(ends[0]);
         close(fOut);
         close(0);
         answerInChild(question, ends[1]);
      }
      close(ends[1]);
      std::string output;
      const char *status = child < 0 ? "crashed" : Collect(question, ends[0], output);
      close(ends[0]);
      int ending = 0;
      if (child > 0) {
         if (std::strcmp(status, "done") != 0)
            kill(child, SIGKILL);
         waitpid(child, &ending, 0);
      }
      if (std::strcmp(status, "done") == 0 && !(WIFEXITED(ending) && WEXITSTATUS(ending) == 0))
         status = "crashed";
      return std::strcmp(status, "gone") != 0 && Finish(question, status, output);
   }

   const char *Collect(const Question &question, int from, std::string &output)
   {
      using clock = std::chrono::steady_clock;
      const auto end = clock::now() + std::chrono::milliseconds(question.milliseconds);
      char buffer[65536];
      while (true) {
         auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
         if (left <= 0)
            return "timeout";
         // poll.h does not compile in the interpreter.
         fd_set fds;
         FD_ZERO(&fds);
         FD_SET(0, &fds);
         FD_SET(from, &fds);
         timeval patience{left / 1000, left % 1000 * 1000};
         if (select(from + 1, &fds, nullptr, nullptr, &patience) <= 0)
            continue;
         if (FD_ISSET(0, &fds) && !Read())
            return "gone";
         if (fCancelled.count(question.id) > 0)
            return "cancelled";
         if (!FD_ISSET(from, &fds))
            continue;
         ssize_t n = read(from, buffer, sizeof buffer);
         if (n <= 0)
            return "done";
         output.append(buffer, n);
         if (output.size() > maxOutput)
            return "crashed";
      }
   }

   bool Finish(const Question &question, const std::string &status, const std::string &output)
   {
      fCancelled.erase(question.id);
      Put("{\"id\":" + std::to_string(question.id) + ",\"status\":\"" + status + "\",\"output\":" +
          quoted(status == "done" ? output : "") + "}\n");
      return true;
   }
};

} // namespace introspection

void introspect()
{
   gErrorIgnoreLevel = kError;
   introspection::Server().Serve();
}
