// Where a running cell may be left by a long jump from a signal handler.
//
// A signal may arrive inside malloc, the dynamic linker or the compiler; leaving those half-way corrupts them. So a point is safe
// only when the innermost code is the user's, or a library's that user code called, or a system call that the signal broke.
// Code of a parallel loop is never left: its workers would go on with our frames. Elsewhere than on x86-64 with glibc 2.35
// there are no such points.
#ifndef ROOTBOOK_SAFE_POINT_H
#define ROOTBOOK_SAFE_POINT_H

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <ucontext.h>

namespace rootbook {

class SafePoint {
public:
   /// Outside of a handler, once: loads what the handler must not.
   static void Prepare(unsigned long firstForbidden, unsigned long lastForbidden)
   {
      Find() = reinterpret_cast<Finder>(dlsym(RTLD_DEFAULT, "_dl_find_object"));
      First() = firstForbidden;
      Last() = lastForbidden;
      void *warm[4];
      backtrace(warm, 4);
   }

   /// Takes no lock, so that a signal handler may ask. Code in the forbidden range is not left either.
   static bool Is(ucontext_t *context)
   {
#if defined(__x86_64__) && defined(__linux__)
      auto *counter = reinterpret_cast<unsigned char *>(context->uc_mcontext.gregs[REG_RIP]);
      Place here = At(counter, true);
      bool broken = here == delicate && !IsForbidden(counter) && counter[-2] == 0x0f && counter[-1] == 0x05 && // syscall
                    context->uc_mcontext.gregs[REG_RAX] == -EINTR;
      if (here == delicate && !broken)
         return false;
      void *frames[96];
      int count = backtrace(frames, 96), i = 0;
      while (i < count && frames[i] != counter)
         ++i;
      if (i == count)
         return false;
      bool user = here == jit;
      for (++i; i < count; ++i) {
         void *caller = static_cast<char *>(frames[i]) - 1;
         if (IsParallel(caller))
            return false;
         if (user)
            continue;
         Place place = At(caller, false);
         if (place == delicate)
            return false;
         user = place == jit;
      }
      return user;
#else
      (void)context;
      return false;
#endif
   }

private:
   enum Place { jit, delicate, plain };

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
   static unsigned long &First()
   {
      static unsigned long first = 0;
      return first;
   }
   static unsigned long &Last()
   {
      static unsigned long last = 0;
      return last;
   }
   static bool IsForbidden(void *address)
   {
      auto at = reinterpret_cast<unsigned long>(address);
      return at >= First() && at < Last();
   }
   static bool Has(const char *name, const char *part) { return name && std::strstr(name, part); }

   static Place At(void *address, bool innermost)
   {
      Object object;
      if (!Find() || IsForbidden(address))
         return delicate;
      if (Find()(address, &object) != 0)
         return jit;
      const char *name = object.map->l_name;
      if (Has(name, "/libCling") || Has(name, "/ld-linux") || Has(name, "/libgcc_s"))
         return delicate;
      return innermost && (Has(name, "/libc.so") || Has(name, "/libstdc++")) ? delicate : plain;
   }

   static bool IsParallel(void *address)
   {
      Object object;
      return Find() && Find()(address, &object) == 0 &&
             (Has(object.map->l_name, "/libtbb") || Has(object.map->l_name, "/libImt"));
   }
};

} // namespace rootbook

#endif
