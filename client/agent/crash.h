// Tells the host of a crash, with the user's frames, and lets the process die. Nothing is ever continued after a crash.
#ifndef ROOTBOOK_CRASH_H
#define ROOTBOOK_CRASH_H

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include "frames.h"
#include "functions.h"
#include "safe-point.h"

namespace rootbook {

class Crashes {
public:
   /// What runs now; read by the handler.
   static void Running(int cell, const std::string &name, int line)
   {
      State &state = Self();
      state.line = line;
      state.cell = cell;
      std::snprintf(state.name, sizeof state.name, "%s", name.c_str());
   }
   static void Line(int line) { Self().line = line; }
   /// Who knows the line when Line was told 0.
   static void AskLine(int (*line)()) { Self().askLine = line; }
   static UserFunctions &Functions()
   {
      static UserFunctions functions;
      return functions;
   }

   /// In each new main process, on its main thread. @param connection descriptor of the host.
   static void Arm(int connection)
   {
      State &state = Self();
      state.connection = connection;
      state.process = getpid();
      state.thread = pthread_self();
      if (!state.stack.ss_sp) {
         state.stack.ss_size = 2 * 1024 * 1024; // naming functions asks the interpreter
         state.stack.ss_sp = std::malloc(state.stack.ss_size);
      }
      sigaltstack(&state.stack, nullptr);
      Listen();
   }

   /// Before each cell, because ROOT and user code may set handlers of their own.
   static void Listen()
   {
      struct sigaction action {};
      action.sa_sigaction = OnCrash;
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
      sigemptyset(&action.sa_mask);
      for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
         sigaction(signal, &action, nullptr);
   }

   /// The user's child processes die like anybody's.
   static void Disarm() { Self().connection = -1; }

private:
   struct State {
      volatile sig_atomic_t entered = 0, line = 0, cell = 0, signal = 0, other = 0, said = 0;
      int connection = -1;
      int (*askLine)() = nullptr;
      pid_t process = 0;
      pthread_t thread;
      stack_t stack{};
      char name[64] = "";
      char text[16384] = "";
      size_t size = 0, minimum = 0;
   };
   static State &Self()
   {
      static State state;
      return state;
   }

   static void OnCrash(int signal, siginfo_t *, void *context)
   {
      State &state = Self();
      if (state.connection < 0 || getpid() != state.process)
         return Die(signal);
      if (state.entered)
         Finish(); // finding the frames has crashed as well, or a second thread has
      state.entered = 1;
      state.signal = signal;
      state.other = !pthread_equal(pthread_self(), state.thread);
      std::signal(SIGALRM, OnLate);
      alarm(1); // finding the frames may wait for a lock of malloc
      Begin();
      AddFrames(Code::Counter(context));
      if (state.line == 0 && state.askLine && !state.other)
         state.line = state.askLine();
      Finish();
   }

   static void OnLate(int) { Finish(); }

   static void Die(int signal)
   {
      std::signal(signal, SIG_DFL);
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, signal);
      pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
      raise(signal);
      _exit(128 + signal);
   }

   /// Sends what is complete of the frame.
   static void Finish()
   {
      State &state = Self();
      state.size = state.minimum;
      if (!state.other && state.line > 0 && !state.said) {
         state.said = 1;
         AddFrame("statement", state.line, state.name);
      }
      Put(state.minimum, "]}\n");
      Connection::Write(state.connection, state.text, state.size);
      Die(state.signal);
   }

   static void Put(size_t at, const char *text)
   {
      State &state = Self();
      size_t size = std::strlen(text);
      if (at + size + 8 > sizeof state.text)
         return;
      std::memcpy(state.text + at, text, size);
      state.size = at + size;
   }

   static void Begin()
   {
      State &state = Self();
      char head[160];
      std::snprintf(head, sizeof head, "{\"frame\":\"crash\",\"cell\":%d,\"signal\":%d,\"thread\":\"%s\",\"frames\":[",
                    int(state.cell), int(state.signal), state.other ? "other" : "main");
      Put(0, head);
      state.minimum = state.size;
   }

   static void AddFrame(const char *function, int line, const char *name)
   {
      State &state = Self();
      char escaped[512];
      size_t length = 0;
      for (const char *c = function; *c && length < sizeof escaped - 2; ++c) {
         if (*c == '"' || *c == '\\')
            escaped[length++] = '\\';
         escaped[length++] = *c;
      }
      escaped[length] = '\0';
      char frame[768];
      std::snprintf(frame, sizeof frame, "%s{\"function\":\"%s\",\"line\":%d,\"name\":\"%s\"}",
                    state.text[state.size - 1] == '[' ? "" : ",", escaped, line, name);
      Put(state.size, frame);
      state.minimum = state.size;
   }

   /// The library functions between the fault and the user's code; that may have left no frame, if its last act was the call.
   static void AddFrames(void *counter)
   {
      void *frames[64];
      int count = backtrace(frames, 64), first = 0, last = -1;
      for (int i = 0; i < count; ++i)
         if (frames[i] == counter)
            first = i;
      for (int i = first; i < count; ++i) {
         Place place = Code::At(Caller(frames, i, first), false);
         if (place == Place::jit)
            last = i;
         else if (place == Place::delicate) {
            last = last < 0 ? i - 1 : last;
            break;
         }
      }
      for (int i = first; i <= last; ++i)
         Describe(Caller(frames, i, first), i == last);
   }

   /// The call, not the place to return to.
   static void *Caller(void **frames, int i, int first)
   {
      return i == first ? frames[i] : static_cast<char *>(frames[i]) - 1;
   }

   static void Describe(void *address, bool outermost)
   {
      Dl_info info;
      if (Code::At(address, false) == Place::jit) {
         std::string function = Self().other ? "" : Functions().At(address, outermost);
         if (!function.empty())
            AddFrame(function.c_str(), 0, "");
         return;
      }
      if (!dladdr(address, &info) || !info.dli_fname || !info.dli_sname)
         return;
      const char *library = std::strrchr(info.dli_fname, '/');
      if (std::strstr(info.dli_fname, "/libc.so") || std::strstr(info.dli_fname, "librootbook_runner"))
         return;
      int status = 0;
      char *readable = abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status);
      AddFrame(readable ? readable : info.dli_sname, 0, library ? library + 1 : info.dli_fname);
   }
};

} // namespace rootbook

#endif
