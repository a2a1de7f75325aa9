// Another interpreter in the runner's process, which has started it and runs the cells of its own language: Python's
// (python-guest.h). A runner in root.exe has none.
#ifndef ROOTBOOK_GUEST_H
#define ROOTBOOK_GUEST_H

#include <string>

#include "execute.h"
#include "frames.h"

namespace rootbook {

class Guest {
public:
   virtual ~Guest() {}
   /// In each new main process, after the runner has armed itself.
   virtual void Arm() = 0;
   /// Runs a cell. What goes wrong in it was told to the host already; the outcome says only that.
   virtual Outcome Run(const std::string &code, const std::string &name, int line) = 0;
   /// Answers what the host asks between cells.
   virtual void Ask(const Command &command) = 0;
   /// In a signal handler, on the main thread: the running cell is to be interrupted. @returns false when C++ code of a C++
   /// cell runs, which is the runner's own to leave.
   virtual bool Interrupt(void *context) = 0;
   /// Around the making of a sleeping copy; `InCopy` in the copy, in place of `AfterFork`, once it is woken.
   virtual void BeforeFork() = 0;
   virtual void AfterFork() = 0;
   virtual void InCopy() = 0;
   /// In a child that user code forked.
   virtual void InChild() = 0;
   /// In the original after `AfterFork`, while the host asks for nothing: a chance to get ready for the next cell.
   virtual void Settled() = 0;
   /// Names of its threads that run besides the main one, a line each.
   virtual std::string Threads() = 0;
};

} // namespace rootbook

#endif
