// Where running user code may be left by a long jump from a signal handler, and the jump. What brings the signal, and which
// cell it is meant for, is the business of interrupt.h (runner) and python-cell.h.
//
// A signal may arrive inside malloc, the dynamic linker or the compiler; leaving those half-way corrupts them. So a point is safe
// only when the innermost code is the user's, or a library's that user code called, or a system call that the signal broke;
// otherwise the handler looks again a moment later. Code of a parallel loop is never left: its workers would go on with our
// frames. Elsewhere than on x86-64 with glibc 2.35 there are no such points.
#ifndef ROOTBOOK_SAFE_POINT_H
#define ROOTBOOK_SAFE_POINT_H

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <time.h>
#include <ucontext.h>

#include "abandoned.h"
#include "diagnostics.h"
#include "execute.h"

namespace rootbook {

enum class Place { jit, delicate, plain };

/// What kind of code an address lies in. Takes no lock, so that a signal handler may ask.
class Code {
public:
   /// Outside of a handler, once. Code in [first, last) is never left either.
   static void Prepare(unsigned long first = 0, unsigned long last = 0)
   {
      State &state = Self();
      state.find = reinterpret_cast<Finder>(dlsym(RTLD_DEFAULT, "_dl_find_object"));
      state.first = first;
      state.last = last;
      void *warm[4];
      backtrace(warm, 4); // loads libgcc now, not in the handler
   }

   /// @param innermost whether this code itself would be left half-way, not only its caller's.
   static Place At(void *address, bool innermost)
   {
      if (!Self().find || IsForbidden(address))
         return Place::delicate;
      Object object;
      if (Self().find(address, &object) != 0)
         return Place::jit;
      const char *name = object.map->name;
      if (Has(name, "/libCling") || Has(name, "/ld-linux") || Has(name, "/libgcc_s"))
         return Place::delicate;
      return innermost && (Has(name, "/libc.so") || Has(name, "/libstdc++")) ? Place::delicate : Place::plain;
   }

   /// Name of the library that an address lies in; nullptr for code of the interpreter's.
   static const char *Library(void *address)
   {
      Object object;
      if (!Self().find || Self().find(address, &object) != 0)
         return Self().find ? nullptr : "";
      return object.map->name ? object.map->name : "";
   }

   static void *Counter(void *context)
   {
#if defined(__x86_64__) && defined(__linux__)
      return reinterpret_cast<void *>(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]);
#else
      (void)context;
      return nullptr;
#endif
   }

   /// Lowest address of the stack that the signal has met.
   static void *Stack(void *context)
   {
#if defined(__x86_64__) && defined(__linux__)
      return reinterpret_cast<void *>(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RSP]);
#else
      (void)context;
      return nullptr;
#endif
   }

   /// Whether what the signal of this context has met may be left.
   static bool IsSafe(void *context)
   {
      void *counter = Counter(context);
      Place here = At(counter, true);
      if (!counter || (here == Place::delicate && !IsBrokenCall(counter, context)))
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
         if (IsParallel(caller))
            return false;
         if (user)
            continue;
         Place place = At(caller, false);
         if (place == Place::delicate)
            return false;
         user = place == Place::jit;
      }
      return user;
   }

private:
   /// glibc's dl_find_object, which it has since 2.35, and the start of its link_map. Their headers are not asked: the
   /// interpreter hides the version of the one, and parses the other from scratch.
   struct Map {
      unsigned long base;
      char *name;
   };
   struct Object {
      unsigned long long flags;
      void *start, *end;
      Map *map;
      unsigned long long rest[10];
   };
   using Finder = int (*)(void *, Object *);
   struct State {
      Finder find = nullptr;
      unsigned long first = 0, last = 0;
   };
   static State &Self()
   {
      static State state;
      return state;
   }

   static bool IsForbidden(void *address)
   {
      auto at = reinterpret_cast<unsigned long>(address);
      return at >= Self().first && at < Self().last;
   }
   static bool Has(const char *name, const char *part) { return name && std::strstr(name, part); }

   static bool IsParallel(void *address)
   {
      Object object;
      return Self().find && Self().find(address, &object) == 0 &&
             (Has(object.map->name, "/libtbb") || Has(object.map->name, "/libImt"));
   }

   /// A system call that returned because of the signal.
   static bool IsBrokenCall(void *counter, void *context)
   {
#if defined(__x86_64__) && defined(__linux__)
      auto *next = static_cast<unsigned char *>(counter);
      return !IsForbidden(counter) && next[-2] == 0x0f && next[-1] == 0x05 &&
             static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RAX] == -EINTR;
#else
      (void)context;
      return false;
#endif
   }
};

/// User code that runs on one thread and can be left.
class Leavable {
public:
   /// On the thread in question; in a new process again. @param again signal that asks for another look.
   void Prepare(int again)
   {
      fThread = pthread_self();
      sigevent event{};
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = again;
      timer_create(CLOCK_MONOTONIC, &event, &fTimer);
   }

   void Reset() { fWanted = 0; }
   bool IsRunning() const { return fRunning; }
   bool IsWanted() const { return fWanted; }

   /// Runs `body`. @throws Interrupted when it was left at a safe point, or was to be before it began.
   void Guard(void (*body)(void *), void *argument)
   {
      fLow = nullptr;
      if (fWanted || sigsetjmp(fTarget, 1) != 0) {
         fRunning = fWanted = 0;
         Inside::Count() = 0;
         if (fLow)
            Abandoned(fLow, &argument).Forget();
         throw Interrupted();
      }
      fRunning = 1;
      try {
         body(argument);
      } catch (...) {
         fRunning = 0;
         throw;
      }
      fRunning = 0;
      // A system call that the signal ended, as in gSystem->Sleep, has returned to user code: that was the interrupt.
      if (fWanted) {
         fWanted = 0;
         throw Interrupted();
      }
   }

   /// In a handler: whether the signal has met another thread, to which it is no use. Then it goes on to ours.
   bool IsElsewhere(int signal) const
   {
      if (pthread_equal(pthread_self(), fThread))
         return false;
      pthread_kill(fThread, signal);
      return true;
   }

   /// In a handler: leaves what runs, now or as soon as it can be. @param waits it does nothing but wait for the host.
   void Leave(void *context, bool waits = false)
   {
      fWanted = 1;
      if (!fRunning)
         return;
      if (waits || (Inside::Count() == 0 && Code::IsSafe(context))) {
         fLow = Code::Stack(context);
         siglongjmp(fTarget, 1);
      }
      Again();
   }

   /// In a handler: asks for another look a moment later.
   void Again()
   {
      fWanted = 1;
      itimerspec soon{};
      soon.it_value.tv_nsec = 300000 + 100000 * (++fTries % 7); // not in step with what runs
      timer_settime(fTimer, 0, &soon, nullptr);
   }

private:
   pthread_t fThread;
   timer_t fTimer;
   sigjmp_buf fTarget;
   void *volatile fLow = nullptr;
   volatile sig_atomic_t fRunning = 0, fWanted = 0, fTries = 0;
};

} // namespace rootbook

#endif
