// The user's stdin, stdout and stderr. Descriptors 1 and 2 are the pipes that the process was started with; 0 is empty.
#ifndef ROOTBOOK_STREAMS_H
#define ROOTBOOK_STREAMS_H

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <streambuf>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "TROOT.h"

#include "frames.h"

namespace rootbook {

/// std::cin over stdin, without a buffer of its own, so that scanf and std::cin may take turns.
class InputBuffer : public std::streambuf {
protected:
   int_type underflow() override { return std::ungetc(std::getc(stdin), stdin); }
   int_type uflow() override { return fLast = std::getc(stdin); }
   int_type pbackfail(int_type character) override
   {
      int back = std::ungetc(character == EOF ? fLast : character, stdin);
      fLast = EOF;
      return back;
   }

private:
   int_type fLast = EOF;
};

class Streams {
public:
   Streams()
   {
      int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
      fKept[0] = fcntl(none, F_DUPFD_CLOEXEC, 210);
      close(none);
      for (int fd : {1, 2})
         fKept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 210);
      Restore();
      std::setvbuf(stdout, nullptr, _IOLBF, 0);
      std::setvbuf(stderr, nullptr, _IOLBF, 0);
      UnbufferMetaCommands();
   }

   static void Flush()
   {
      std::cout.flush();
      std::cerr.flush();
      std::clog.flush();
      std::wcout.flush();
      std::wcerr.flush();
      std::fflush(stdout);
      std::fflush(stderr);
   }

   /// Puts descriptors 0-2 back where user code has closed or redirected them.
   void Restore()
   {
      for (int fd : {0, 1, 2})
         if (!Same(fd, fKept[fd]))
            dup2(fKept[fd], fd);
   }

   /// Says on both streams that all output of a cell is out.
   void Mark(const std::string &nonce, int cell) const
   {
      std::string mark = "\033_rootbook;" + nonce + ";" + std::to_string(cell) + "\033\\";
      for (int fd : {1, 2})
         Connection::Write(fKept[fd], mark.data(), mark.size());
   }

   /// The first process only waits: it must not hold the pipes open.
   static void Abandon()
   {
      int none = open("/dev/null", O_RDWR | O_CLOEXEC);
      for (int fd : {0, 1, 2})
         dup2(none, fd);
      close(none);
   }

   /// Lets stdin, scanf, getchar and std::cin ask `read` for bytes; it returns their number, 0 for the end.
   static void ReadInputBy(ssize_t (*read)(void *, char *, size_t))
   {
      cookie_io_functions_t functions{};
      functions.read = read;
      stdin = fopencookie(nullptr, "r", functions);
      std::setvbuf(stdin, nullptr, _IOLBF, 0);
      static InputBuffer narrow;
      std::cin.rdbuf(&narrow);
   }

private:
   int fKept[3];

   static bool Same(int one, int other)
   {
      struct stat a, b;
      return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
   }

   /// `.files` and its like print through llvm::outs(), which decides at its first byte: a terminal is written to at once,
   /// a pipe in blocks of 4096 bytes, whose rest would be lost. So the first byte goes to a terminal.
   void UnbufferMetaCommands() const
   {
      int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
      if (terminal < 0)
         return;
      const char *name = grantpt(terminal) == 0 && unlockpt(terminal) == 0 ? ptsname(terminal) : nullptr;
      int other = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
      if (other >= 0) {
         std::fflush(stdout);
         dup2(other, 1);
         gROOT->ProcessLine(".O");
         std::fflush(stdout);
         dup2(fKept[1], 1);
         close(other);
      }
      close(terminal);
   }
};

} // namespace rootbook

#endif
