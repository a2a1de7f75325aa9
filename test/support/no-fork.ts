/** A C++ cell: from then on the kernel of the system refuses to fork this process, as it does when processes or memory run out. */
export const noFork = `
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
sock_filter noForkRules[] = {
  {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
  {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, SYS_clone}, {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_fork},
  {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EAGAIN}};
sock_fprog noForkProgram{5, noForkRules};
prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &noForkProgram) == 0`;
