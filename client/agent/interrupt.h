// Stops a cell of the runner: which signals mean it. Where a cell may be left is in safe-point.h.
#ifndef ROOTBOOK_INTERRUPT_H
#define ROOTBOOK_INTERRUPT_H

#include <cerrno>
#include <csignal>

#include "guest.h"
#include "processes.h"
#include "safe-point.h"

namespace rootbook {

class Interrupts {
public:
   /// What only the main thread of this process has: to be called in a new process as well.
   static void Arm(Shared &shared)
   {
      Self().shared = &shared;
      Code::Prepare();
      Self().code.Prepare(Tick());
      Listen();
   }

   /// A guest is asked first.
   static void Ask(Guest *guest) { Self().guest = guest; }

   /// In a handler: asks for another look a moment later; `Calm` when none is needed any more.
   static void Again() { Self().code.Again(); }
   static void Calm() { Self().code.Reset(); }
   /// Number of the wish that the signals mean.
   static int Wish() { return Self().shared->ask; }
   /// Whether C++ of a C++ cell runs, perhaps far below.
   static bool IsRunning() { return Self().code.IsRunning(); }

   /// Before each cell, because user code may have taken the signal.
   static void Listen()
   {
      struct sigaction action {};
      action.sa_sigaction = OnSignal;
      action.sa_flags = SA_SIGINFO;
      // Each blocks the other: a handler that is interrupted would look like user code to the next.
      sigemptyset(&action.sa_mask);
      sigaddset(&action.sa_mask, SIGINT);
      sigaddset(&action.sa_mask, Tick());
      sigaction(SIGINT, &action, nullptr);
      sigaction(Tick(), &action, nullptr);
   }

   static void BeginCell(int cell)
   {
      Self().shared->cell = cell;
      Self().code.Reset();
      Self().inCell = 1;
      Listen();
   }
   static void EndCell()
   {
      Self().shared->cell = 0;
      Self().inCell = 0;
      Self().code.Reset();
   }

   /// As Leavable::Guard.
   static void Guard(void (*body)(void *), void *argument) { Self().code.Guard(body, argument); }

   /// A signal that is looked at like SIGINT.
   static int Tick() { return SIGRTMIN + 3; }

   /// While user code waits for input, which is a safe point.
   static void Waiting(bool waiting) { Self().waiting = waiting; }

private:
   struct State {
      Shared *shared;
      rootbook::Guest *guest = nullptr;
      Leavable code;
      volatile sig_atomic_t inCell = 0, waiting = 0;
   };
   static State &Self()
   {
      static State state;
      return state;
   }

   static void OnSignal(int signal, siginfo_t *info, void *context)
   {
      State &state = Self();
      int saved = errno;
      if (!state.code.IsElsewhere(signal) && state.inCell && !IsLate(signal, info))
         if (!state.guest || !state.guest->Interrupt(context))
            state.code.Leave(context, state.waiting);
      errno = saved;
   }

   /// Whether it was meant for a cell that is over: a signal may lie with another thread for a while. The reaper's own word
   /// counts only while a command makes us ignore SIGINT.
   static bool IsLate(int signal, const siginfo_t *info)
   {
      State &state = Self();
      if (state.shared->wanted != state.shared->cell)
         return true;
      if (signal != Tick())
         return false;
      if (info->si_code != SI_USER)
         return !state.code.IsWanted();
      struct sigaction action {};
      sigaction(SIGINT, nullptr, &action);
      return action.sa_handler != SIG_IGN;
   }
};

} // namespace rootbook

#endif
