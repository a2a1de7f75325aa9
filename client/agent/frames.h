// The connection of one process to the host: lines of words come in, lines of JSON go out, each perhaps with bytes after it.
// What the frames mean is in ARCHITECTURE.md, "The runner's frames".
#ifndef ROOTBOOK_FRAMES_H
#define ROOTBOOK_FRAMES_H

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <pthread.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "diagnostics.h"

namespace rootbook {

/// One line of JSON in the making.
class Frame {
public:
   explicit Frame(const char *kind) : fText("{\"frame\":\"") { fText += kind; fText += '"'; }

   Frame &Add(const char *key, double number)
   {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.15g", number);
      return Raw(key, digits);
   }
   Frame &Add(const char *key, const std::string &text) { return Raw(key, Quote(text)); }
   Frame &Flag(const char *key, bool value) { return Raw(key, value ? "true" : "false"); }
   std::string Line() const { return fText + "}\n"; }

private:
   std::string fText;

   Frame &Raw(const char *key, const std::string &value)
   {
      fText += std::string(",\"") + key + "\":" + value;
      return *this;
   }

   static std::string Quote(const std::string &text)
   {
      std::string quoted = "\"";
      for (unsigned char c : text) {
         char escaped[8];
         if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += char(c);
         } else if (c < 0x20) {
            std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
            quoted += escaped;
         } else
            quoted += char(c);
      }
      return quoted + "\"";
   }
};

/// A line of the host: a verb, its words, and the bytes that followed.
struct Command {
   std::string verb, payload;
   std::map<std::string, std::string> words;

   int Number(const char *key) const
   {
      auto found = words.find(key);
      return found == words.end() ? 0 : std::atoi(found->second.c_str());
   }
   std::string Word(const char *key) const
   {
      auto found = words.find(key);
      return found == words.end() ? "" : found->second;
   }
};

class Connection {
public:
   /// @returns whether the host listens.
   bool Open(const std::string &path)
   {
      int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      if (fd < 0 || path.size() >= sizeof address.sun_path)
         return false;
      std::strcpy(address.sun_path, path.c_str());
      int connected;
      do
         connected = connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address);
      while (connected != 0 && errno == EINTR);
      // High, so that code which closes or counts on low descriptors does not meet it.
      fFd = connected == 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 200) : -1;
      close(fd);
      return fFd >= 0;
   }
   void Close()
   {
      if (fFd >= 0)
         close(fFd);
      fFd = -1;
      fBuffer.clear();
   }
   int Descriptor() const { return fFd; }

   void Send(const Frame &frame, const std::string &payload = "")
   {
      Inside inside;
      std::string all = frame.Line() + payload;
      Locked locked(fMutex);
      Write(fFd, all.data(), all.size());
   }

   /// Waits for the next command. @returns false when the host is gone.
   bool Receive(Command &command)
   {
      std::string line;
      if (!Take('\n', line))
         return false;
      command = Command();
      size_t at = line.find(' ');
      command.verb = line.substr(0, at);
      while (at != std::string::npos) {
         size_t equals = line.find('=', at), end = line.find(' ', at + 1);
         if (equals == std::string::npos)
            break;
         command.words[line.substr(at + 1, equals - at - 1)] =
            line.substr(equals + 1, end == std::string::npos ? end : end - equals - 1);
         at = end;
      }
      size_t size = size_t(command.Number("bytes"));
      while (fBuffer.size() < size)
         if (!Fill())
            return false;
      command.payload = fBuffer.substr(0, size);
      fBuffer.erase(0, size);
      return true;
   }

   /// Whether another command has come already.
   bool HasMore() const { return !fBuffer.empty(); }

   /// Whether another command comes, or the host is gone.
   bool IsAsked() const
   {
      pollfd waiting = {fFd, POLLIN, 0};
      return HasMore() || poll(&waiting, 1, 0) > 0;
   }

   static void Write(int fd, const char *data, size_t size)
   {
      while (size > 0) {
         ssize_t written = write(fd, data, size);
         if (written < 0 && errno == EINTR)
            continue;
         if (written <= 0)
            return;
         data += written;
         size -= size_t(written);
      }
   }

private:
   int fFd = -1;
   std::string fBuffer;
   pthread_mutex_t fMutex = PTHREAD_MUTEX_INITIALIZER;

   struct Locked {
      pthread_mutex_t &mutex;
      explicit Locked(pthread_mutex_t &m) : mutex(m) { pthread_mutex_lock(&mutex); }
      ~Locked() { pthread_mutex_unlock(&mutex); }
   };

   bool Fill()
   {
      char chunk[65536];
      for (;;) {
         ssize_t count = read(fFd, chunk, sizeof chunk);
         if (count < 0 && errno == EINTR)
            continue;
         if (count <= 0)
            return false;
         fBuffer.append(chunk, size_t(count));
         return true;
      }
   }

   bool Take(char end, std::string &line)
   {
      size_t at;
      while ((at = fBuffer.find(end)) == std::string::npos)
         if (!Fill())
            return false;
      line = fBuffer.substr(0, at);
      fBuffer.erase(0, at + 1);
      return true;
   }
};

} // namespace rootbook

#endif
