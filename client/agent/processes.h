// The processes of one kernel: the reaper, main, and sleeping copies of main.
#ifndef ROOTBOOK_PROCESSES_H
#define ROOTBOOK_PROCESSES_H

#include <cerrno>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"

namespace rootbook {

inline double milliseconds()
{
   timespec now;
   clock_gettime(CLOCK_MONOTONIC, &now);
   return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

/// What the reaper and main share in memory.
struct Shared {
   volatile pid_t main;
   volatile int cell;   ///< that runs, or 0
   volatile int wanted; ///< cell whose end was asked for
   volatile int ask;    ///< number of that wish, which the host repeats until the cell ends
   int messages;        ///< how many a guest has sent, of which a copy must know those that came after it
};

/// The first process: adopts whatever its descendants leave behind, says how each ended, and ends them all with itself
/// when the host is gone. It never runs user code.
class Reaper {
public:
   /// @param nudge the signal that main looks at as at SIGINT.
   Reaper(Connection &connection, Shared &shared, int nudge) : fConnection(connection), fShared(shared), fNudge(nudge) {}

   /// @param signals a signalfd of SIGCHLD and SIGINT.
   [[noreturn]] void Run(int signals)
   {
      // Saying how a process ended to a host that is gone must not end us before the others.
      std::signal(SIGPIPE, SIG_IGN);
      for (;;) {
         pollfd waiting[2] = {{fConnection.Descriptor(), POLLIN, 0}, {signals, POLLIN, 0}};
         if (poll(waiting, 2, -1) < 0)
            continue;
         signalfd_siginfo info;
         if (waiting[1].revents && read(signals, &info, sizeof info) > 0) {
            if (info.ssi_signo == SIGINT)
               Nudge();
            Reap(WNOHANG);
         }
         if (!waiting[0].revents)
            continue;
         do {
            Command command;
            if (!fConnection.Receive(command))
               EndAll();
            if (command.verb == "interrupt")
               Interrupt(command.Number("cell"), command.Number("ask"));
         } while (fConnection.HasMore());
      }
   }

private:
   Connection &fConnection;
   Shared &fShared;
   int fNudge;

   /// As Ctrl+C in a terminal, but for one cell only: to the whole group, which is ours.
   void Interrupt(int cell, int ask)
   {
      fShared.ask = ask;
      fShared.wanted = cell;
      if (cell > 0 && cell == fShared.cell)
         kill(0, SIGINT);
   }

   /// SIGINT reaches the whole group, but main ignores it while it waits in system(): say to it that the interrupt is meant
   /// for the cell, and not only for the command. (glibc's long jump undoes what system() did.)
   void Nudge()
   {
      if (fShared.wanted == fShared.cell)
         kill(fShared.main, fNudge);
   }

   void Reap(int options)
   {
      int status;
      for (pid_t pid; (pid = waitpid(-1, &status, options)) > 0;) {
         Frame frame("ended");
         frame.Add("pid", pid);
         if (WIFSIGNALED(status))
            frame.Add("signal", WTERMSIG(status));
         else
            frame.Add("code", WEXITSTATUS(status));
         fConnection.Send(frame);
      }
   }

   /// Whoever loses its parent becomes our child, so killing children until there are none ends all.
   [[noreturn]] void EndAll()
   {
      for (;;) {
         bool any = false;
         if (DIR *processes = opendir("/proc")) {
            while (dirent *entry = readdir(processes)) {
               pid_t pid = std::atoi(entry->d_name);
               if (pid > 0 && ParentOf(pid) == getpid())
                  any = kill(pid, SIGKILL) == 0 || any;
            }
            closedir(processes);
         }
         int status;
         if (any)
            waitpid(-1, &status, 0);
         while (waitpid(-1, &status, WNOHANG) > 0) {
         }
         if (!any)
            _exit(0);
      }
   }

   static pid_t ParentOf(pid_t pid)
   {
      std::string path = "/proc/" + std::to_string(pid) + "/stat";
      char text[512];
      int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
      ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
      if (fd >= 0)
         close(fd);
      if (size <= 0)
         return 0;
      text[size] = '\0';
      const char *name = std::strrchr(text, ')'); // names may hold blanks and brackets
      return name && std::strlen(name) > 4 ? std::atoi(name + 4) : 0;
   }
};

/// A sleeping copy of this process.
class Copies {
public:
   /// True while we fork for ourselves: the child keeps the connection's number to replace it.
   static bool &Forking()
   {
      static bool forking = false;
      return forking;
   }

   enum Side { original, copy, failed };

   /// Forks twice, so that the copy is no child of main and a user's wait() never meets it. `reason` is set on failure.
   /// In main this returns when `greet`, called in the copy, is done: copies reach the host in the order of their making.
   template <class Greet>
   static Side Fork(std::string &reason, Greet greet)
   {
      int ends[2];
      if (pipe2(ends, O_CLOEXEC) != 0) {
         reason = std::strerror(errno);
         return failed;
      }
      sigset_t interrupts, before;
      sigemptyset(&interrupts);
      sigaddset(&interrupts, SIGINT);
      pthread_sigmask(SIG_BLOCK, &interrupts, &before);
      Forking() = true;
      pid_t middle = fork();
      if (middle == 0) {
         pid_t pid = fork();
         if (pid != 0)
            _exit(pid < 0 ? errno : 0);
         std::signal(SIGINT, SIG_IGN);
         Forking() = false;
         pthread_sigmask(SIG_SETMASK, &before, nullptr);
         greet();
         close(ends[0]);
         close(ends[1]);
         return copy;
      }
      close(ends[1]);
      Forking() = false;
      int status = 0;
      int error = middle < 0 ? errno : 0;
      while (middle > 0 && waitpid(middle, &status, 0) < 0 && errno == EINTR) {
      }
      char none;
      while (middle > 0 && read(ends[0], &none, 1) < 0 && errno == EINTR) {
      }
      close(ends[0]);
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      if (middle > 0 && WIFEXITED(status))
         error = WEXITSTATUS(status);
      if (error == 0)
         return original;
      reason = std::strerror(error);
      return failed;
   }
};

} // namespace rootbook

#endif
