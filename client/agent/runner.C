// Makes a root.exe a kernel: executes cells that a host sends over a Unix socket. ARCHITECTURE.md, "The runner's frames".
//
// As a macro:      root.exe -l -b runner.C
// Compiled ahead:  root.exe -l -b -e 'gSystem->Load("librootbook_runner.so");
//                                     ((void (*)())gSystem->DynFindSymbol("*", "rootbook_main"))();'
// In Python:       rootbook_python.py, which calls rootbook_python with what runs Python's cells.
// All need ROOTBOOK_SOCKET and ROOTBOOK_NONCE in the environment.
#ifdef __CLING__
// Of this macro only: restoreOptimization() is before the user's cells.
#pragma cling optimize(0)
// glibc's own words, which the interpreter's precompiled headers keep to themselves.
#ifndef __attr_dealloc
#define __attr_dealloc(function, argument)
#endif
#ifndef __fortified_attr_access
#define __fortified_attr_access(access, position, size)
#endif
#endif
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "TApplication.h"
#include "TEnv.h"
#include "TROOT.h"
#include "TSysEvtHandler.h"
#include "TSystem.h"

#include "canvases.h"
#include "crash.h"
#include "execute.h"
#include "frames.h"
#include "interrupt.h"
#include "processes.h"
#include "python-guest.h"
#ifndef __CLING__
#include "rendering.h"
#endif
#include "shell.h"
#include "streams.h"

/// pthread_atfork itself lies in a part of glibc that is linked ahead only.
extern "C" int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(), void *object);

namespace rootbook {

#ifdef __CLING__
/// The level of this macro would stay, as it never ends.
inline void restoreOptimization()
{
   const char *arguments = std::getenv("EXTRA_CLING_ARGS"), *asked = arguments ? std::strstr(arguments, "-O") : nullptr;
   bool number = asked && asked[2] >= '0' && asked[2] <= '3';
   gROOT->ProcessLine((std::string(".O ") + (number ? asked[2] : '1')).c_str());
}

/// Loads rendering.h now; nothing when a macro of the user's breaks it.
inline Render findRenderer()
{
   static Render render = nullptr;
   static bool tried = false;
   if (tried)
      return render;
   tried = true;
   std::string here = __FILE__, file = here.substr(0, here.rfind('/') + 1) + "rendering.h";
   if (gInterpreter->Declare(("#include \"" + file + "\"\n").c_str()))
      render = reinterpret_cast<Render>(gInterpreter->Calc("(long)&rootbook::renderCanvas"));
   else
      std::fprintf(stderr, "rootbook: canvases are not shown until the kernel is started again.\n");
   return render;
}
#else
inline void restoreOptimization() {}
inline Render findRenderer()
{
   return renderCanvas;
}
#endif

class Runner : public Watcher {
public:
   /// @param guest may be none.
   Runner(Connection &connection, const std::string &socket, const std::string &nonce, Shared &shared, Guest *guest)
      : fConnection(connection), fSocket(socket), fNonce(nonce), fShared(shared), fCanvases(connection, findRenderer),
        fGuest(guest)
   {
      Instance() = this;
   }

   /// Once, before signals may come.
   void Prepare()
   {
      BecomeMain();
      __register_atfork(nullptr, nullptr, InChild, nullptr);
      on_exit(OnExit, nullptr);
      Streams::ReadInputBy(ReadInput);
      if (auto *handler = gApplication ? gApplication->GetSignalHandler() : nullptr)
         handler->Remove(); // it would take SIGINT first
      fCanvases.Watch(fCell);
      restoreOptimization();
   }

   [[noreturn]] void Serve()
   {
      fConnection.Send(Hello("main"));
      fConnection.Send(Frame("ready"));
      Command command;
      while (fConnection.Receive(command)) {
         if (command.verb == "cell")
            RunCell(command);
         else if (command.verb == "checkpoint")
            TakeCheckpoint(command.Number("id"));
         else if (command.verb == "ask" && fGuest)
            fGuest->Ask(command);
      }
      _exit(0);
   }

   void Item(int line, size_t count) override
   {
      Crashes::Line(line);
      Canvases::DropReplaced();
      if (count > 1 && !fInGuest)
         fConnection.Send(Frame("item").Add("cell", fCell).Add("line", line));
   }

   void Remark(const Diagnostic &remark) override
   {
      if (fInGuest)
         return;
      Streams::Flush();
      Frame frame("diagnostic");
      frame.Add("cell", fCell).Add("severity", remark.severity).Add("bytes", double(remark.text.size()));
      fConnection.Send(frame, remark.text);
   }

   void Ran(const rootbook::Item &item, const std::string &text, int line) override
   {
      bool file = item.kind == ItemKind::command || (item.kind == ItemKind::directive && text.find("include") < text.find('"'));
      if (file)
         Crashes::Functions().AddFile(text);
      else
         Crashes::Functions().Add(item, text, fName, line);
   }

   /// `.q` ends ROOT, but what ROOT does at its end (closing files, for one) would harm the copy that takes over.
   bool Takes(const std::string &text) override
   {
      size_t end = text.find_first_of(" \t(");
      std::string name = text.substr(0, end);
      bool quits = name == ".quit" || name == ".exit" ||
                   (name.compare(0, 2, ".q") == 0 && name.find_first_not_of('q', 1) == std::string::npos);
      if (!quits)
         return false;
      Streams::Flush();
      _exit(0);
   }

   void Guard(void (*body)(void *), void *argument) override { Interrupts::Guard(body, argument); }

   /// A C++ cell within one of the guest's.
   Outcome RunWithin(const std::string &mode, const std::string &code, const std::string &name, int line)
   {
      Outcome outcome = Run(mode, code, name, line);
      Crashes::Line(0);
      return outcome;
   }

   /// A message of the guest's. Its place among the output is marked by its negative number in both streams. The guest
   /// sends one at a time.
   void Message(const std::string &content)
   {
      if (getpid() != fProcess)
         return;
      Streams::Flush();
      Frame frame("message");
      frame.Add("cell", fCell).Add("mark", ++fShared.messages).Add("bytes", double(content.size()));
      fStreams.Mark(fNonce, -fShared.messages);
      fConnection.Send(frame, content);
   }

   /// @param wait waits until an answer comes, or there is none. @returns whether there is one.
   template <class Wait>
   bool Input(const std::string &prompt, bool password, std::string &answer, Wait wait)
   {
      if (getpid() != fProcess || fCell == 0)
         return false;
      Streams::Flush();
      fConnection.Send(Frame("input").Add("cell", fCell).Add("prompt", prompt).Flag("password", password));
      if (!wait())
         return false;
      Command command;
      if (!fConnection.Receive(command))
         _exit(0);
      answer = command.payload;
      return true;
   }

   const Connection &Host() const { return fConnection; }
   static Runner &Get() { return *Instance(); }

private:
   Connection &fConnection;
   Streams fStreams;
   std::string fSocket, fNonce, fName;
   Shared &fShared;
   Canvases fCanvases;
   Guest *fGuest;
   bool fInGuest = false;
   int fCell = 0;
   pid_t fProcess = 0;

   static Runner *&Instance()
   {
      static Runner *instance = nullptr;
      return instance;
   }

   Frame Hello(const char *role) const
   {
      Frame frame("hello");
      frame.Add("role", role).Add("pid", getpid()).Add("nonce", fNonce).Add("version", gROOT->GetVersion());
      return frame;
   }

   void BecomeMain()
   {
      fShared.main = fProcess = getpid();
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Interrupts::Arm(fShared);
      Crashes::Arm(fConnection.Descriptor());
      if (fGuest)
         fGuest->Arm();
   }

   /// A child that user code forked ends with the cell in which it was forked. Its host is its parent.
   void EndChild(const Outcome &outcome) const
   {
      if (getpid() == fProcess)
         return;
      Streams::Flush();
      if (!outcome.message.empty())
         std::fprintf(stderr, "in a forked process, line %d: %s: %s\n", outcome.line, outcome.name.c_str(), outcome.message.c_str());
      _exit(outcome.Ok() ? 0 : 1);
   }

   void RunCell(const Command &command)
   {
      fCell = command.Number("id");
      std::string name = fName = command.Word("name");
      int line = command.words.count("line") ? command.Number("line") : 1;
      Crashes::Running(fCell, name, line);
      Crashes::Listen();
      Interrupts::BeginCell(fCell);
      Outcome outcome = Run(command.Word("mode"), command.payload, name, line);
      EndChild(outcome);
      fCanvases.Show(fCell);
      Interrupts::EndCell();
      Crashes::Running(0, "", 0);
      Streams::Flush();
      fStreams.Restore();
      fStreams.Mark(fNonce, fCell);
      Frame done("done");
      done.Add("cell", fCell).Add("status", outcome.status);
      if (!outcome.Ok())
         done.Add("name", outcome.name).Add("message", outcome.message);
      if (outcome.line > 0)
         done.Add("line", outcome.line).Add("column", outcome.column);
      fConnection.Send(done);
      fCell = 0;
   }

   Outcome Run(const std::string &mode, const std::string &code, const std::string &name, int line)
   {
      if (mode == "guest" && fGuest)
         return RunGuest(code, name, line);
      if (mode == "shell")
         return runShell(code, line);
      if (mode == "declare")
         return declareCell(code, name, line, this);
      if (mode == "aclic")
         return compileCell(code, name, line, gSystem->TempDirectory(), this);
      return runCell(code, name, line, this);
   }

   Outcome RunGuest(const std::string &code, const std::string &name, int line)
   {
      fInGuest = true;
      Outcome outcome = fGuest->Run(code, name, line);
      fInGuest = false;
      return outcome;
   }

   static int UserThreads()
   {
      int count = -1; // the main one
      if (DIR *tasks = opendir("/proc/self/task")) {
         while (dirent *entry = readdir(tasks))
            count += entry->d_name[0] != '.';
         closedir(tasks);
      }
      return count > 0 ? count : 0;
   }

   /// Leaves a sleeping copy behind; in that copy this returns when it was woken and is main.
   void TakeCheckpoint(int id)
   {
      Streams::Flush();
      double start = milliseconds();
      std::string reason;
      int threads = UserThreads();
      std::string names = fGuest ? fGuest->Threads() : "";
      if (fGuest)
         fGuest->BeforeFork();
      Copies::Side side = Copies::Fork(reason, [&] {
         double forkMs = milliseconds() - start;
         Reconnect();
         Frame hello = Hello("checkpoint");
         hello.Add("checkpoint", id).Add("forkMs", forkMs).Add("threads", threads).Add("threadNames", names);
         fConnection.Send(hello);
      });
      if (side == Copies::copy)
         return Sleep();
      if (fGuest)
         fGuest->AfterFork();
      if (side == Copies::failed)
         fConnection.Send(Frame("checkpointFailed").Add("checkpoint", id).Add("reason", reason));
      if (fGuest && !fConnection.IsAsked())
         fGuest->Settled();
   }

   void Reconnect()
   {
      fConnection.Close();
      Crashes::Disarm();
      if (!fConnection.Open(fSocket))
         _exit(0);
   }

   void Sleep()
   {
      Command command;
      if (!fConnection.Receive(command) || command.verb != "wake")
         _exit(0); // the host is gone, or a newer copy has taken this one's place
      BecomeMain();
      if (fGuest)
         fGuest->InCopy();
      if (command.Number("cell") > 0)
         fStreams.Mark(fNonce, command.Number("cell"));
      fConnection.Send(Frame("ready").Add("messages", fShared.messages));
   }

   /// A child that user code forked shares nothing with the host.
   static void InChild()
   {
      if (Copies::Forking())
         return;
      Crashes::Disarm();
      Instance()->fConnection.Close();
      if (Guest *guest = Instance()->fGuest)
         guest->InChild();
   }

   /// exit() in a cell: what ROOT does at its end would harm the copy that takes over, so it is not done.
   static void OnExit(int code, void *)
   {
      if (getpid() != Instance()->fProcess)
         return;
      Streams::Flush();
      _exit(code);
   }

   static ssize_t ReadInput(void *, char *buffer, size_t size)
   {
      Runner &self = *Instance();
      if (getpid() != self.fProcess || self.fCell == 0)
         return 0;
      std::string &rest = Rest();
      if (rest.empty()) {
         Streams::Flush();
         self.fConnection.Send(Frame("input").Add("cell", self.fCell).Add("prompt", ""));
         Command command;
         Interrupts::Waiting(true);
         bool answered = self.fConnection.Receive(command);
         Interrupts::Waiting(false);
         if (!answered)
            _exit(0);
         rest = command.payload;
      }
      size_t count = std::min(size, rest.size());
      std::memcpy(buffer, rest.data(), count);
      rest.erase(0, count);
      return ssize_t(count);
   }
   static std::string &Rest()
   {
      static std::string rest;
      return rest;
   }
};

inline std::string takeFromEnvironment(const char *name)
{
   const char *value = std::getenv(name);
   std::string taken = value ? value : "";
   unsetenv(name);
   return taken;
}

/// Forks the reaper and serves the host.
[[noreturn]] inline void serve(Guest *guest)
{
   std::string socket = takeFromEnvironment("ROOTBOOK_SOCKET"), nonce = takeFromEnvironment("ROOTBOOK_NONCE");
   if (socket.empty() || nonce.empty()) {
      std::fprintf(stderr, "rootbook: no socket to serve\n");
      _exit(2);
   }
   sigset_t watched, before;
   sigemptyset(&watched);
   sigaddset(&watched, SIGCHLD);
   sigaddset(&watched, SIGINT);
   sigprocmask(SIG_BLOCK, &watched, &before);
   void *memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
   auto &shared = *static_cast<Shared *>(memory);
   prctl(PR_SET_CHILD_SUBREAPER, 1);
   std::fflush(nullptr);
   pid_t main = fork();
   if (main < 0)
      std::perror("rootbook: ROOT cannot be forked");
   static Connection connection; // lives as long as the process, for handlers
   if (main < 0 || !connection.Open(socket))
      _exit(2);
   if (main > 0) {
      connection.Send(Frame("hello").Add("role", "reaper").Add("pid", getpid()).Add("nonce", nonce));
      Streams::Abandon();
      Reaper(connection, shared, Interrupts::Tick()).Run(signalfd(-1, &watched, SFD_CLOEXEC));
   }
   static Runner runner(connection, socket, nonce, shared, guest);
   runner.Prepare();
   sigprocmask(SIG_SETMASK, &before, nullptr);
   runner.Serve();
}

inline PythonGuest *&python()
{
   static PythonGuest *guest = nullptr;
   return guest;
}

} // namespace rootbook

extern "C" void rootbook_main()
{
   rootbook::serve(nullptr);
}

/// Does not return. What follows is for Python's cells, to be called without Python's lock.
extern "C" void rootbook_python(const rootbook::PythonCalls *calls)
{
   using namespace rootbook;
   python() = new PythonGuest(*calls);
   serve(python());
}

extern "C" void rootbook_message(const char *content, size_t size)
{
   rootbook::Runner::Get().Message(std::string(content, size));
}

/// @returns the answer, which is the caller's until the next one; nullptr when there is none.
extern "C" const char *rootbook_input(const char *prompt, int password)
{
   using namespace rootbook;
   static std::string answer;
   Runner &runner = Runner::Get();
   auto wait = [&] { return python()->Wait(runner.Host()); };
   return runner.Input(prompt, password != 0, answer, wait) ? answer.c_str() : nullptr;
}

/// Runs a C++ cell within a Python one. `tell` is called with status, name, message, line, column, and clang's texts, each
/// with a record separator.
extern "C" void rootbook_cpp(const char *mode, const char *code, const char *name, int line,
                             void (*tell)(const char *, const char *, const char *, int, int, const char *))
{
   using namespace rootbook;
   Outcome outcome = Runner::Get().RunWithin(mode, code, name, line);
   if (outcome.status == "interrupted")
      python()->Grant();
   std::string texts;
   for (const Diagnostic &diagnostic : outcome.diagnostics)
      texts += diagnostic.text + '\x1e';
   tell(outcome.status.c_str(), outcome.name.c_str(), outcome.message.c_str(), outcome.line, outcome.column, texts.c_str());
}

void runner()
{
   rootbook_main();
}
