// Shell cells: `%%bash`, `!command`. The command writes to the user's pipes itself.
#ifndef ROOTBOOK_SHELL_H
#define ROOTBOOK_SHELL_H

#include <cerrno>
#include <csignal>
#include <cstring>
#include <spawn.h>
#include <string>
#include <sys/wait.h>

#include "execute.h"
#include "streams.h"

extern char **environ;

namespace rootbook {

inline Outcome shellOutcome(const char *status, const std::string &message, int line)
{
   Outcome outcome;
   outcome.status = status;
   outcome.name = "ShellError";
   outcome.message = message;
   outcome.line = line;
   outcome.column = 1;
   return outcome;
}

/// Runs `bash -c` with ROOT's folder and environment. An interrupt reaches it as part of the process group.
inline Outcome runShell(const std::string &code, int line)
{
   Inside inside;
   Streams::Flush();
   posix_spawnattr_t attributes;
   posix_spawnattr_init(&attributes);
   sigset_t defaults;
   sigemptyset(&defaults);
   for (int signal : {SIGINT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE})
      sigaddset(&defaults, signal);
   posix_spawnattr_setsigdefault(&attributes, &defaults);
   posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
   const char *words[] = {"bash", "-c", code.c_str(), nullptr};
   pid_t child;
   int error = posix_spawnp(&child, "bash", nullptr, &attributes, const_cast<char **>(words), environ);
   posix_spawnattr_destroy(&attributes);
   if (error != 0)
      return shellOutcome("error", std::string("bash cannot be started: ") + std::strerror(error), line);
   int status = 0;
   while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
   }
   if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
      return shellOutcome("interrupted", "The command was interrupted.", line);
   if (WIFSIGNALED(status))
      return shellOutcome("error", "The command was ended by signal " + std::to_string(WTERMSIG(status)) + ".", line);
   if (WEXITSTATUS(status) == 130)
      return shellOutcome("interrupted", "The command was interrupted.", line);
   if (WEXITSTATUS(status) != 0)
      return shellOutcome("error", "The command ended with exit code " + std::to_string(WEXITSTATUS(status)) + ".", line);
   return Outcome();
}

} // namespace rootbook

#endif
