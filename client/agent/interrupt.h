// Stops a running cell at a safe point.
//
// SIGINT may arrive inside malloc, the dynamic linker or the compiler; leaving those half-way with a long jump corrupts them.
// So the handler jumps only when the innermost code is the user's, or a library's that user code called, or a system call
// that the signal broke; otherwise it looks again a moment later. Code of a parallel loop is never left: its workers would
// go on with our frames. Elsewhere than on x86-64 with glibc 2.35 only ROOT's own points end a cell.
#ifndef ROOTBOOK_INTERRUPT_H
#define ROOTBOOK_INTERRUPT_H

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "diagnostics.h"
#include "execute.h"
#include "processes.h"

#if defined(__x86_64__) && defined(__linux__)
#define ROOTBOOK_SAFE_POINTS 1
#endif

namespace rootbook {

enum class Place { jit, delicate, plain };


/// What kind of code an address lies in. Takes no lock, so that a signal handler may ask.
class Code {
public:
   /// @returns false where the C library cannot tell.
   static bool Prepare()
   {
      Find() = reinterpret_cast<Finder>(dlsym(RTLD_DEFAULT, "_dl_find_object"));
      return Find() != nullptr;
   }

   /// @param innermost whether this code itself would be left half-way, not only its caller's.
   static Place At(void *address, bool innermost)
   {
      Object object;
      if (!Find())
         return Place::delicate;
      if (Find()(address, &object) != 0)
         return Place::jit;
      const char *name = object.map->l_name;
      if (Has(name, "/libCling") || Has(name, "/ld-linux") || Has(name, "/libgcc_s"))
         return Place::delicate;
      if (innermost && (Has(name, "/libc.so") || Has(name, "/libstdc++")))
         return Place::delicate;
      return Place::plain;
   }

   static bool IsParallel(void *address)
   {
      Object object;
      if (!Find() || Find()(address, &object) != 0)
         return false;
      return Has(object.map->l_name, "/libtbb") || Has(object.map->l_name, "/libImt");
   }

private:
   /// glibc's dl_find_object, which it has since 2.35; its headers are not asked, as the interpreter hides their version.
   struct Object {
      unsigned long long flags;
      void *start, *end;
      link_map *map;
      unsigned long long rest[10];
   };
   using Finder = int (*)(void *, Object *);
   static Finder &Find()
   {
      static Finder find = nullptr;
      return find;
   }
   static bool Has(const char *name, const char *part) { return name && std::strstr(name, part); }
};

class Interrupts {
public:
   /// What only the main thread of this process has: to be called in a new process as well.
   static void Arm(Shared &shared)
   {
      State &state = Self();
      state.shared = &shared;
      state.thread = pthread_self();
      Code::Prepare();
      void *warm[4];
      backtrace(warm, 4); // loads libgcc now, not in the handler
      sigevent event{};
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = Tick();
      timer_create(CLOCK_MONOTONIC, &event, &state.timer);
      Listen();
   }

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
      Self().wanted = 0;
      Self().inCell = 1;
      Listen();
   }
   static void EndCell()
   {
      Self().shared->cell = 0;
      Self().inCell = 0;
      Self().wanted = 0;
   }

   /// Runs `body`. @throws Interrupted when it was left at a safe point, or was wanted before it began.
   static void Guard(void (*body)(void *), void *argument)
   {
      State &state = Self();
      if (state.wanted || sigsetjmp(state.target, 1) != 0) {
         state.running = 0;
         state.wanted = 0;
         Inside::Count() = 0;
         throw Interrupted();
      }
      state.running = 1;
      try {
         body(argument);
      } catch (...) {
         state.running = 0;
         throw;
      }
      state.running = 0;
      // A system call that the signal ended, as in gSystem->Sleep, has returned to user code: that was the interrupt.
      if (state.wanted) {
         state.wanted = 0;
         throw Interrupted();
      }
   }

   /// A signal that is looked at like SIGINT.
   static int Tick() { return SIGRTMIN + 3; }

   /// While user code waits for input, which is a safe point.
   static void Waiting(bool waiting) { Self().waiting = waiting; }

private:
   struct State {
      Shared *shared;
      pthread_t thread;
      timer_t timer;
      sigjmp_buf target;
      volatile sig_atomic_t running = 0, wanted = 0, inCell = 0, waiting = 0, tries = 0;
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
      if (!pthread_equal(pthread_self(), state.thread))
         pthread_kill(state.thread, signal);
      else if (state.inCell && !IsLate(state, signal, info)) {
         state.wanted = 1;
         if (state.running && (state.waiting || (Inside::Count() == 0 && IsSafe(static_cast<ucontext_t *>(context))))) {
            state.tries = 0;
            siglongjmp(state.target, 1);
         }
         if (state.running)
            Retry(state);
      }
      errno = saved;
   }

   /// A tick that was meant for a cell that is over. The reaper's word comes a little after the signal itself: it counts for
   /// a cell that runs on, in a command.
   static bool IsLate(const State &state, int signal, const siginfo_t *info)
   {
      if (signal != Tick())
         return false;
      if (info->si_code != SI_USER)
         return !state.wanted;
      struct sigaction action {};
      sigaction(SIGINT, nullptr, &action);
      return action.sa_handler != SIG_IGN || state.shared->wanted != state.shared->cell;
   }

   static void Retry(State &state)
   {
      itimerspec soon{};
      soon.it_value.tv_nsec = 300000 + 100000 * (++state.tries % 7);
      timer_settime(state.timer, 0, &soon, nullptr);
   }

   static bool IsSafe(ucontext_t *context)
   {
#ifdef ROOTBOOK_SAFE_POINTS
      auto *counter = reinterpret_cast<unsigned char *>(context->uc_mcontext.gregs[REG_RIP]);
      Place here = Code::At(counter, true);
      bool broken = here == Place::delicate && counter[-2] == 0x0f && counter[-1] == 0x05 && // syscall
                    context->uc_mcontext.gregs[REG_RAX] == -EINTR;
      if (here == Place::delicate && !broken)
         return false;
      void *frames[96];
      int count = backtrace(frames, 96), i = 0;
      while (i < count && frames[i] != counter)
         ++i;
      if (i == count)
         return false;
      bool user = here == Place::jit;
      for (++i; i < count; ++i) {
         void *caller = static_cast<char *>(frames[i]) - 1;
         if (Code::IsParallel(caller))
            return false;
         if (user)
            continue;
         Place place = Code::At(caller, false);
         if (place == Place::delicate)
            return false;
         user = place == Place::jit;
      }
      return user;
#else
      (void)context;
      return false;
#endif
   }
};

} // namespace rootbook

#endif
