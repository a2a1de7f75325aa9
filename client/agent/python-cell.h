// Runs C++ cells in a Python process, where an interrupt must never jump over frames of Python's.
//
// While such a cell runs, SIGINT is ours (interrupt.h); Python's own handler has it back afterwards. When the C++ code has
// called Python, Python gets the signal instead, so that the callback raises KeyboardInterrupt. Code that Python calls without a
// C++ cell is not reached by this: there a signal waits until the C++ function returns.
#ifndef ROOTBOOK_PYTHON_CELL_H
#define ROOTBOOK_PYTHON_CELL_H

#include "execute.h"
#include "interrupt.h"

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
      state.first = first;
      state.last = last;
      state.main = pthread_self();
      struct sigaction python;
      sigaction(SIGINT, nullptr, &python);
      Interrupts::Arm();
      sigaction(SIGINT, &python, nullptr);
      sigevent event{};
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = Again();
      timer_create(CLOCK_MONOTONIC, &event, &state.again);
   }

   PythonInterrupts()
   {
      State &state = Self();
      sigaction(SIGINT, nullptr, &state.python);
      Interrupts::BeginCell();
      for (int signal : {SIGINT, SIGRTMIN + 3, Again()})
         Wrap(signal);
      state.inside = 1;
   }
   ~PythonInterrupts()
   {
      Self().inside = 0;
      Interrupts::EndCell();
      sigaction(SIGINT, &Self().python, nullptr);
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

private:
   struct State {
      int (*holdsLock)() = nullptr, (*takeLock)() = nullptr, (*checkSignals)() = nullptr;
      void (*giveLock)(int) = nullptr, (*clearError)() = nullptr;
      unsigned long first = 0, last = 0;
      volatile sig_atomic_t inside = 0;
      pthread_t main;
      timer_t again;
      struct sigaction python {}, ours {};
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

   static void Wrap(int signal)
   {
      if (signal == SIGINT)
         sigaction(signal, nullptr, &Self().ours);
      struct sigaction action = Self().ours;
      action.sa_sigaction = OnSignal;
      sigaction(signal, &action, nullptr);
   }

   static void OnSignal(int signal, siginfo_t *info, void *context)
   {
      State &state = Self();
      if (!state.inside)
         return; // a look at a cell that has ended meanwhile
      if (!pthread_equal(pthread_self(), state.main))
         pthread_kill(state.main, signal);
      else if (state.holdsLock())
         state.python.sa_handler(SIGINT);
      else if (IsInPython(static_cast<ucontext_t *>(context)))
         Retry();
      else
         state.ours.sa_sigaction(signal, info, context);
   }

   static void Retry()
   {
      itimerspec soon{};
      soon.it_value.tv_nsec = 1000000;
      timer_settime(Self().again, 0, &soon, nullptr);
   }

   /// Whether the user's code is waiting in one of Python's functions, as for its lock.
   static bool IsInPython(ucontext_t *context)
   {
#ifdef ROOTBOOK_SAFE_POINTS
      auto counter = static_cast<unsigned long>(context->uc_mcontext.gregs[REG_RIP]);
      void *frames[96];
      int count = backtrace(frames, 96), i = 0;
      while (i < count && reinterpret_cast<unsigned long>(frames[i]) != counter)
         ++i;
      for (; i < count; ++i) {
         auto at = reinterpret_cast<unsigned long>(frames[i]);
         if (at >= Self().first && at < Self().last)
            return true;
         if (Code::At(frames[i], false) == Place::jit)
            return false;
      }
#endif
      (void)context;
      return false;
   }
};

class PythonWatcher : public Watcher {
public:
   void Guard(void (*body)(void *), void *argument) override { Interrupts::Guard(body, argument); }
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
