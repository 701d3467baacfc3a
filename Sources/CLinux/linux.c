#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What the child tells its parent where it cannot become the program.
struct failure {
  int code;
  int call;
};

static const char *const calls[] = {"join the cgroup", "redirect the output", "enter the folder", "execute"};

static void fail(int report, int call) {
  struct failure failure = {errno, call};
  ssize_t ignored = write(report, &failure, sizeof failure);
  (void)ignored;
  _exit(127);
}

// Only async-signal-safe calls from here to execve.
static void become(const struct pushrod_program *program, pid_t parent, int report, int joins) {
  if (joins) {
    int file = openat(program->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "0", 1) != 1) fail(report, 0);
    close(file);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  setsid();
  // By system call: glibc refuses to touch the two signals it keeps for itself, and those may have been
  // inherited as ignored. All zeros is the default action in the kernel's layout, on every architecture.
  unsigned long normal[8] = {0};
  unsigned long none = 0;
  for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, normal, NULL, sizeof none);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
  umask(022);
  // The report must survive the moves below: it goes to 3, everything above is closed.
  if (dup2(program->output, 1) < 0 || dup2(1, 2) < 0 || dup2(program->input, 0) < 0) fail(report, 1);
  if (report != 3) {
    if (dup3(report, 3, O_CLOEXEC) < 0) fail(report, 1);
    report = 3;
  }
  syscall(SYS_close_range, 4u, ~0u, 0u);
  if (chdir(program->directory) != 0) fail(report, 2);
  execve(program->path, program->arguments, program->environment);
  fail(report, 3);
}

pid_t pushrod_spawn(const struct pushrod_program *program, const char **failed) {
  int report[2];
  *failed = "make a pipe";
  if (pipe2(report, O_CLOEXEC) != 0) return -errno;
  struct clone_args arguments;
  memset(&arguments, 0, sizeof arguments);
  arguments.exit_signal = SIGCHLD;
  if (program->cgroup >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)program->cgroup;
  }
  pid_t parent = getpid();
  pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
  int joins = 0;
  if (pid < 0) {
    // An old kernel, a seccomp filter, or a cgroup that cannot be entered this way.
    joins = program->cgroup >= 0;
    pid = fork();
  }
  if (pid == 0) {
    become(program, parent, report[1], joins);
    _exit(127);
  }
  *failed = "start a process";
  int code = errno;
  close(report[1]);
  if (pid < 0) {
    close(report[0]);
    return -code;
  }
  struct failure failure;
  ssize_t count;
  do count = read(report[0], &failure, sizeof failure);
  while (count < 0 && errno == EINTR);
  close(report[0]);
  if (count == (ssize_t)sizeof failure) {
    waitpid(pid, NULL, 0);
    *failed = calls[failure.call];
    return -failure.code;
  }
  return pid;
}

pid_t pushrod_fork(void) { return fork(); }

int pushrod_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); }

int pushrod_set_child_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L); }

int pushrod_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, (long)signal, 0L, 0L, 0L); }

int pushrod_signal_descriptor(const int *signals, size_t count) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t index = 0; index < count; index++) sigaddset(&set, signals[index]);
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int pushrod_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  ssize_t count;
  do count = read(descriptor, &info, sizeof info);
  while (count < 0 && errno == EINTR);
  return count == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

int pushrod_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0u); }

int pushrod_pidfd_send_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0u);
}

void pushrod_close_all_but(const int *kept, size_t count) {
  unsigned first = 3;
  for (size_t index = 0; index < count; index++) {
    unsigned next = (unsigned)kept[index];
    if (next > first) syscall(SYS_close_range, first, next - 1, 0u);
    if (next >= first) first = next + 1;
  }
  syscall(SYS_close_range, first, ~0u, 0u);
}

int pushrod_pipe(int ends[2], int size) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  if (size > 65536) fcntl(ends[1], F_SETPIPE_SZ, size);
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int pushrod_reserve(int descriptor, off_t size) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return -1;
  return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, status.st_size, size);
}

void pushrod_give_back_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

int pushrod_sync_file_system(int descriptor) { return syncfs(descriptor); }
