// Runs C++ cells in a Python process, where an interrupt must never jump over frames of Python's.
//
// While such a cell runs, SIGINT is ours; Python's own handler has it back afterwards. When the C++ code has called Python,
// Python gets the signal instead, so that the callback raises KeyboardInterrupt. C++ functions that Python calls without a C++
// cell are not reached by this: there a signal waits until the function returns.
#ifndef ROOTBOOK_PYTHON_CELL_H
#define ROOTBOOK_PYTHON_CELL_H

#include <cerrno>
#include <csignal>
#include <dlfcn.h>

#include "execute.h"
#include "safe-point.h"

namespace rootbook {

class PythonInterrupts {
public:
   /// @param first, last: where Python's own code lies in memory.
   static void Prepare(unsigned long first, unsigned long last)
   {
      State &state = Self();
      Find(state.holdsLock, "PyGILState_Check");
      Find(state.takeLock, "PyGILState_Ensure");
      Find(state.giveLock, "PyGILState_Release");
      Find(state.checkSignals, "PyErr_CheckSignals");
      Find(state.clearError, "PyErr_Clear");
      Code::Prepare(first, last);
      state.code.Prepare(Again());
   }

   PythonInterrupts()
   {
      State &state = Self();
      state.code.Reset();
      struct sigaction action {};
      action.sa_sigaction = OnSignal;
      action.sa_flags = SA_SIGINFO;
      sigemptyset(&action.sa_mask);
      sigaction(Again(), &action, nullptr);
      state.inside = 1;
      sigaction(SIGINT, &action, &state.python);
   }
   ~PythonInterrupts()
   {
      sigaction(SIGINT, &Self().python, nullptr);
      Self().inside = 0;
   }
   PythonInterrupts(const PythonInterrupts &) = delete;
   PythonInterrupts &operator=(const PythonInterrupts &) = delete;

   /// Whether a signal came just before ours could: Python has noted it, and would tell only after the cell.
   bool AreLate()
   {
      State &state = Self();
      int lock = state.takeLock();
      bool late = state.checkSignals() != 0;
      if (late)
         state.clearError();
      state.giveLock(lock);
      return late;
   }

   /// As Leavable::Guard.
   static void Guard(void (*body)(void *), void *argument) { Self().code.Guard(body, argument); }

private:
   struct State {
      int (*holdsLock)() = nullptr, (*takeLock)() = nullptr, (*checkSignals)() = nullptr;
      void (*giveLock)(int) = nullptr, (*clearError)() = nullptr;
      volatile sig_atomic_t inside = 0;
      Leavable code;
      struct sigaction python {};
   };

   template <class Function>
   static void Find(Function &function, const char *name)
   {
      function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
   }

   static State &Self()
   {
      static State state;
      return state;
   }

   static int Again() { return SIGRTMIN + 4; }

   static void OnSignal(int signal, siginfo_t *, void *context)
   {
      State &state = Self();
      int saved = errno;
      if (!state.code.IsElsewhere(signal) && state.inside && (signal == SIGINT || state.code.IsWanted())) {
         if (state.holdsLock()) {
            state.code.Reset();
            state.python.sa_handler(SIGINT);
         } else
            state.code.Leave(context);
      }
      errno = saved;
   }
};

class PythonWatcher : public Watcher {
public:
   void Guard(void (*body)(void *), void *argument) override { PythonInterrupts::Guard(body, argument); }
};

inline Outcome runPythonCell(const std::string &code, const std::string &name, int firstLine)
{
   PythonInterrupts interrupts;
   if (interrupts.AreLate()) {
      Outcome outcome;
      outcome.status = "interrupted";
      outcome.name = "Interrupted";
      outcome.message = "The cell was interrupted.";
      return outcome;
   }
   PythonWatcher watcher;
   return runCell(code, name, firstLine, &watcher);
}

} // namespace rootbook

#endif
