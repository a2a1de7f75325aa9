// Python as the runner's guest: rootbook_python.py has started the process, and this is what C++ and it do for each other.
//
// Python's C functions are looked up when the process runs, so that one library serves every Python. Interrupts: where Python is
// the innermost, it gets one KeyboardInterrupt. Where C++ is that Python has called, and at a safe point (safe-point.h), the
// call throws KeyboardInterrupt: the thread goes on as if the function that cppyy has called had thrown, without running the
// destructors of what the function has left on the stack. Nothing is ever jumped over that is Python's.
#ifndef ROOTBOOK_PYTHON_GUEST_H
#define ROOTBOOK_PYTHON_GUEST_H

#include <cctype>
#include <csignal>
#include <cstring>
#include <cxxabi.h>
#include <dlfcn.h>
#include <poll.h>
#include <string>
#include <typeinfo>
#include <unwind.h>

#include "abandoned.h"
#include "crash.h"
#include "guest.h"
#include "interrupt.h"
#include "safe-point.h"

namespace rootbook {

/// What rootbook_python.py gives to C++. Each takes Python's lock itself.
struct PythonCalls {
   int (*run)(const char *code, size_t size, const char *name, int line); ///< 1 ok, 2 failed, 3 interrupted
   void (*ask)(const char *question, size_t size);
   void (*beforeFork)();
   void (*inCopy)();
   void (*settled)();
   const char *(*threads)(); ///< the text is Python's until the next call
};

/// Python's own functions.
struct PythonLibrary {
   int (*holdsLock)() = nullptr, (*takeLock)() = nullptr, (*lineOf)(void *) = nullptr, (*checkSignals)() = nullptr;
   void (*giveLock)(int) = nullptr, (*beforeFork)() = nullptr, (*afterForkParent)() = nullptr, (*afterForkChild)() = nullptr;
   void (*interrupt)() = nullptr, (*setError)(void *) = nullptr, (*clearError)() = nullptr;
   void *(*thisThread)() = nullptr, *(*frameOf)(void *) = nullptr, *(*callerOf)(void *) = nullptr, *(*codeOf)(void *) = nullptr;
   void *(*attribute)(void *, const char *) = nullptr;
   const char *(*text)(void *) = nullptr;
   void **keyboardInterrupt = nullptr;

   PythonLibrary()
   {
      Find(holdsLock, "PyGILState_Check");
      Find(takeLock, "PyGILState_Ensure");
      Find(giveLock, "PyGILState_Release");
      Find(beforeFork, "PyOS_BeforeFork");
      Find(afterForkParent, "PyOS_AfterFork_Parent");
      Find(afterForkChild, "PyOS_AfterFork_Child");
      Find(interrupt, "PyErr_SetInterrupt");
      Find(setError, "PyErr_SetNone");
      Find(checkSignals, "PyErr_CheckSignals");
      Find(clearError, "PyErr_Clear");
      Find(thisThread, "PyGILState_GetThisThreadState");
      Find(frameOf, "PyThreadState_GetFrame");
      Find(callerOf, "PyFrame_GetBack");
      Find(codeOf, "PyFrame_GetCode");
      Find(lineOf, "PyFrame_GetLineNumber");
      Find(attribute, "PyObject_GetAttrString");
      Find(text, "PyUnicode_AsUTF8");
      keyboardInterrupt = static_cast<void **>(dlsym(RTLD_DEFAULT, "PyExc_KeyboardInterrupt"));
   }

private:
   template <class Function>
   static void Find(Function &function, const char *name)
   {
      function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
   }
};

/// cppyy's exception for "a Python error is set", which its callers turn into that error.
class PythonError {
public:
   PythonError()
   {
      void *library = dlopen("libCPyCppyy.so", RTLD_LAZY | RTLD_NOLOAD);
      fMake = reinterpret_cast<void (*)(void *)>(dlsym(library, "_ZN8CPyCppyy11PyExceptionC1Ev"));
      fDestroy = reinterpret_cast<void (*)(void *)>(dlsym(library, "_ZN8CPyCppyy11PyExceptionD1Ev"));
      fType = static_cast<std::type_info *>(dlsym(library, "_ZTIN8CPyCppyy11PyExceptionE"));
   }
   bool IsKnown() const { return fMake && fDestroy && fType; }

   [[noreturn]] void Throw() const
   {
      void *exception = abi::__cxa_allocate_exception(256); // more than it has
      fMake(exception);
      abi::__cxa_throw(exception, fType, fDestroy);
   }

private:
   void (*fMake)(void *) = nullptr, (*fDestroy)(void *) = nullptr;
   std::type_info *fType = nullptr;
};

/// The innermost part of the stack that a signal has met, down to Python's code.
class Calls {
public:
   /// Where Python has called C++: what the called function would return to, and with which registers.
   struct Call {
      unsigned long counter = 0, stack = 0, saved[6] = {};
   };
   bool cpp = false; ///< C++ of ROOT's or the user's runs, called by Python
   bool called = false;
   Call call;

   /// @param first, last: where Python's own code lies.
   Calls(void *context, unsigned long first, unsigned long last)
      : fCounter(reinterpret_cast<unsigned long>(Code::Counter(context))), fFirst(first), fLast(last)
   {
      _Unwind_Backtrace(Step, this);
   }

private:
   unsigned long fCounter, fFirst, fLast;
   bool fMet = false, fUser = false;

   static _Unwind_Reason_Code Step(_Unwind_Context *context, void *argument)
   {
      return static_cast<Calls *>(argument)->Look(context) ? _URC_NO_REASON : _URC_END_OF_STACK;
   }

   /// @returns whether to go on to the caller.
   bool Look(_Unwind_Context *context)
   {
      unsigned long counter = _Unwind_GetIP(context);
      if (!fMet && counter != fCounter)
         return true; // the handler itself
      unsigned long address = fMet ? counter - 1 : counter;
      fMet = true;
      if (address >= fFirst && address < fLast)
         return false;
      const char *library = Code::Library(reinterpret_cast<void *>(address));
      if (!library)
         fUser = cpp = true;
      else if (std::strstr(library, "/libCling"))
         cpp = true;
      else if (std::strstr(library, "/libCPyCppyy") || std::strstr(library, "/libcppyy")) {
         if (fUser)
            Take(context);
         return false;
      }
      return true;
   }

   void Take(_Unwind_Context *context)
   {
      called = true;
      call.counter = _Unwind_GetIP(context);
      call.stack = _Unwind_GetCFA(context);
      const int numbers[6] = {3, 6, 12, 13, 14, 15}; // rbx, rbp, r12 to r15, as DWARF counts
      for (int i = 0; i < 6; ++i)
         call.saved[i] = _Unwind_GetGR(context, numbers[i]);
   }
};

class PythonGuest : public Guest {
public:
   explicit PythonGuest(const PythonCalls &calls) : fCalls(calls)
   {
      Instance() = this;
      sigaction(SIGINT, nullptr, &fHandler);
      auto find = reinterpret_cast<int (*)(void *, void *)>(dlsym(RTLD_DEFAULT, "_dl_find_object"));
      struct {
         unsigned long long flags;
         unsigned long first, last;
         void *rest[12];
      } object;
      if (find && find(reinterpret_cast<void *>(fPython.holdsLock), &object) == 0) {
         fFirst = object.first;
         fLast = object.last;
      }
   }

   void Arm() override
   {
      Code::Prepare(fFirst, fLast);
      Interrupts::Ask(this);
      Crashes::AskLine(AskLine);
   }

   Outcome Run(const std::string &code, const std::string &name, int line) override
   {
      fName = "<ipython-input-" + name.substr(3, name.size() - 4) + "-";
      fBlank = 0; // IPython takes blank lines off the start, and counts without them
      for (size_t i = 0; i < code.size() && std::isspace(static_cast<unsigned char>(code[i])); ++i)
         fBlank += code[i] == '\n';
      Crashes::Line(0);
      Settle();
      int status = fCalls.run(code.data(), code.size(), name.c_str(), line);
      Outcome outcome;
      if (status != 1)
         outcome.status = status == 2 ? "error" : "interrupted";
      return outcome;
   }

   void Ask(const Command &command) override
   {
      Settle();
      fCalls.ask(command.payload.data(), command.payload.size());
   }

   bool Interrupt(void *context) override
   {
      if (Interrupts::IsRunning() && !fPython.holdsLock())
         return false;
      if (Interrupts::Wish() == fGranted) {
         Interrupts::Calm();
         return true;
      }
      if (fWaiting) {
         fWaiting = 0;
         Tell();
         return true;
      }
      Calls stack(context, fFirst, fLast);
      if (!stack.cpp)
         Tell();
      else if (stack.called && fError.IsKnown() && Inside::Count() == 0 && Code::IsSafe(context))
         Leave(context, stack.call);
      else
         Interrupts::Again();
      return true;
   }

   void BeforeFork() override
   {
      Settle();
      fLock = fPython.takeLock();
      fCalls.beforeFork();
      fPython.beforeFork();
   }
   void AfterFork() override
   {
      fPython.afterForkParent();
      fPython.giveLock(fLock);
   }
   void InCopy() override
   {
      fPython.afterForkChild();
      fCalls.inCopy();
      fPython.giveLock(fLock);
   }
   void InChild() override { sigaction(SIGINT, &fHandler, nullptr); }

   void Settled() override { fCalls.settled(); }
   std::string Threads() override { return fCalls.threads(); }

   /// What was wished is done: one wish is one KeyboardInterrupt.
   void Grant() { fGranted = Interrupts::Wish(); }

   /// While the host is asked for input. @returns false when that was interrupted.
   bool Wait(const Connection &connection)
   {
      fWaiting = 1;
      pollfd waiting = {connection.Descriptor(), POLLIN, 0};
      while (fWaiting && !connection.HasMore() && poll(&waiting, 1, 100) <= 0) {
      }
      bool answered = fWaiting;
      fWaiting = 0;
      return answered;
   }

private:
   PythonCalls fCalls;
   PythonLibrary fPython;
   PythonError fError;
   unsigned long fFirst = 0, fLast = 0;
   struct sigaction fHandler {};
   std::string fName;
   int fLock = 0, fBlank = 0;
   volatile sig_atomic_t fWaiting = 0, fGranted = 0;
   const void *fLow = nullptr, *fHigh = nullptr;

   static PythonGuest *&Instance()
   {
      static PythonGuest *instance = nullptr;
      return instance;
   }

   /// Drops an interrupt that came when its cell had just ended.
   void Settle()
   {
      int lock = fPython.takeLock();
      while (fPython.checkSignals() != 0)
         fPython.clearError();
      fPython.giveLock(lock);
   }

   void Tell()
   {
      Grant();
      fPython.interrupt();
      Interrupts::Calm();
   }

   /// In a handler: when it returns, the thread is in Throw, called from where Python has called C++.
   void Leave(void *context, const Calls::Call &call)
   {
#if defined(__x86_64__) && defined(__linux__)
      fLow = Code::Stack(context);
      fHigh = reinterpret_cast<void *>(call.stack);
      auto &registers = static_cast<ucontext_t *>(context)->uc_mcontext.gregs;
      const int numbers[6] = {REG_RBX, REG_RBP, REG_R12, REG_R13, REG_R14, REG_R15};
      for (int i = 0; i < 6; ++i)
         registers[numbers[i]] = static_cast<greg_t>(call.saved[i]);
      auto *stack = reinterpret_cast<unsigned long *>(call.stack) - 1;
      *stack = call.counter;
      registers[REG_RSP] = reinterpret_cast<greg_t>(stack);
      registers[REG_RIP] = reinterpret_cast<greg_t>(&Throw);
      Grant();
      Interrupts::Calm();
#else
      (void)context;
      (void)call;
#endif
   }

   [[noreturn]] static void Throw()
   {
      PythonGuest &self = *Instance();
      Abandoned(self.fLow, self.fHigh).Forget();
      int lock = self.fPython.takeLock();
      self.fPython.setError(*self.fPython.keyboardInterrupt);
      self.fPython.giveLock(lock);
      self.fError.Throw();
   }

   static int AskLine() { return Instance()->LineOfCell(); }

   /// The line of the cell that runs, or has called what runs; on a crash, so that nothing need be given back.
   int LineOfCell() const
   {
      if (!fPython.holdsLock())
         fPython.takeLock(); // a crash waits for it as for anything, a second at most
      void *thread = fPython.thisThread();
      if (!thread || !fPython.frameOf || !fPython.callerOf)
         return 0;
      for (void *frame = fPython.frameOf(thread); frame; frame = fPython.callerOf(frame)) {
         void *file = fPython.attribute(fPython.codeOf(frame), "co_filename");
         const char *name = file ? fPython.text(file) : nullptr;
         if (name && std::strncmp(name, fName.c_str(), fName.size()) == 0)
            return fPython.lineOf(frame) + fBlank;
      }
      return 0;
   }
};

} // namespace rootbook

#endif
