#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// What the child tells its parent where it cannot become the program.
struct failure {
  int code;
  int call;
};

static const char *const calls[] = {"join the cgroup", "redirect the output", "enter the folder", "execute",
                                    "become the user", "take the terminal"};

static void fail(int report, int call) {
  struct failure failure = {errno, call};
  ssize_t ignored = write(report, &failure, sizeof failure);
  (void)ignored;
  _exit(127);
}

// Takes processors away until `count` are left, beginning at one that differs from child to child, so that steps which run at
// the same time share them all. Failing is no reason not to run.
static void use_processors(int count) {
  unsigned long allowed[128] = {0};
  long size = syscall(SYS_sched_getaffinity, 0, sizeof allowed, allowed);
  if (size <= 0) return;
  int bits = (int)size * 8, width = (int)(8 * sizeof *allowed), total = 0;
  for (int bit = 0; bit < bits; bit++) total += allowed[bit / width] >> (bit % width) & 1;
  if (count >= total) return;
  unsigned long chosen[128] = {0};
  int first = (int)(getpid() % total), left = count;
  for (int turn = 0; turn < 2 && left > 0; turn++) {
    for (int bit = 0, place = 0; bit < bits && left > 0; bit++) {
      if (!(allowed[bit / width] >> (bit % width) & 1)) continue;
      if (place++ < first && turn == 0) continue;
      if (chosen[bit / width] >> (bit % width) & 1) continue;
      chosen[bit / width] |= 1ul << (bit % width);
      left--;
    }
  }
  syscall(SYS_sched_setaffinity, 0, (size_t)size, chosen);
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
  if (program->processors > 0) use_processors(program->processors);
  // IOPRIO_WHO_PROCESS, and IOPRIO_CLASS_BE above 13 bits of the priority; no C library declares them.
  if (program->disk_priority >= 0) syscall(SYS_ioprio_set, 1, 0, 2 << 13 | program->disk_priority);
  // The report must survive the moves below: it goes to 3, everything above is closed.
  if (dup2(program->output, 1) < 0 || dup2(1, 2) < 0 || dup2(program->input, 0) < 0) fail(report, 1);
  if (report != 3) {
    if (dup3(report, 3, O_CLOEXEC) < 0) fail(report, 1);
    report = 3;
  }
  syscall(SYS_close_range, 4u, ~0u, 0u);
  if (program->terminal && ioctl(1, TIOCSCTTY, 0) != 0) fail(report, 5);
  // CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID, CAP_SETUID: a runner may have been given them for `user`.
  const unsigned long privileges[] = {0, 1, 5, 6, 7};
  for (size_t index = 0; index < sizeof privileges / sizeof *privileges; index++)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, privileges[index], 0L, 0L);
  if (program->user) {
    const struct pushrod_user *user = program->user;
    // By system call: glibc's own would stop all threads of the parent, which are not here.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
    if (syscall(SYS_setgroups, user->group_count, user->groups) != 0 ||
        syscall(SYS_setresgid, user->group, user->group, user->group) != 0 ||
        syscall(SYS_setresuid, user->user, user->user, user->user) != 0)
      fail(report, 4);
    // The kernel forgets it with the old user.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
  }
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

int pushrod_terminal(int ends[2], unsigned short columns, unsigned short rows) {
  ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends[0] < 0) return -1;
  char name[64];
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  struct termios settings;
  if (grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0 && ptsname_r(ends[0], name, sizeof name) == 0 &&
      (ends[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0) {
    if (ioctl(ends[1], TIOCSWINSZ, &size) == 0 && tcgetattr(ends[1], &settings) == 0) {
      settings.c_oflag &= ~(tcflag_t)ONLCR;
      settings.c_lflag &= ~(tcflag_t)ECHO;
      if (tcsetattr(ends[1], TCSANOW, &settings) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) return 0;
    }
    int code = errno;
    close(ends[1]);
    errno = code;
  }
  int code = errno;
  close(ends[0]);
  errno = code;
  return -1;
}

int pushrod_change_owner(int descriptor, uid_t user, gid_t group) {
  return fchownat(descriptor, "", user, group, AT_EMPTY_PATH);
}

int pushrod_open_place(int folder, const char *name) { return openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC); }

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
