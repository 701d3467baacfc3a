// The few calls that Swift cannot make by itself, each with the reason.
#pragma once

#include <stddef.h>
#include <sys/types.h>

/// A user to become, with all groups.
struct pushrod_user {
  uid_t user;
  gid_t group;
  const gid_t *groups;
  size_t group_count;
};

/// What `pushrod_spawn` starts. Every pointer stays the caller's.
struct pushrod_program {
  const char *path;         // absolute; no search
  char *const *arguments;   // with a NULL at the end
  char *const *environment; // with a NULL at the end
  const char *directory;    // absolute
  int input;                // becomes 0
  int output;               // becomes 1 and 2
  int cgroup;               // folder of a cgroup v2 leaf to be born in; -1: none
  int processors;           // on so many of those that this process may use; 0: on all of them
  int disk_priority;        // ioprio_set(2), "best effort", 0 to 7; -1: as it is
  const struct pushrod_user *user; // NULL: the caller's
  int terminal;             // `output` is a terminal, and becomes the session's own
};

/// Starts a program in a session of its own, with clean signals, umask 022, no descriptor above 2, and
/// SIGKILL when the calling thread dies. It keeps none of the capabilities that let the caller change users (capabilities(7)).
///
/// In C, because between fork and exec no Swift may run: it may allocate, and in a copy of a process that is
/// forbidden. posix_spawn(3) of glibc 2.36 cannot place the child in a cgroup before its first instruction.
///
/// @param failed gets the name of the call that failed, a literal.
/// @return the process id, or -errno.
pid_t pushrod_spawn(const struct pushrod_program *program, const char **failed);

/// fork(2), which Swift declares unavailable. Only for a process with a single thread.
pid_t pushrod_fork(void);

/// prctl(2) is variadic. Each returns 0, or -1 and errno.
int pushrod_set_undumpable(void);
int pushrod_set_child_subreaper(void);
int pushrod_set_parent_death_signal(int signal);

/// A blocking-free descriptor from which blocked signals are read; the signals are blocked first. -1 and errno.
int pushrod_signal_descriptor(const int *signals, size_t count);
/// The next signal of such a descriptor, 0 where there is none.
int pushrod_next_signal(int descriptor);

/// Pipe with both ends closed on exec and a non-blocking reading end. 0, or -1 and errno. pipe2(2) and F_SETPIPE_SZ
/// need _GNU_SOURCE. `size` is a wish: beyond the user's limit (pipe-user-pages-soft) the usual 64 KiB stay.
int pushrod_pipe(int ends[2], int size);

/// A pseudo-terminal of that size, both ends closed on exec: `ends[0]` is read without blocking, `ends[1]` is a program's. It
/// adds nothing to what is written, not even a carriage return. ptsname_r(3) needs _GNU_SOURCE. 0, or -1 and errno.
int pushrod_terminal(int ends[2], unsigned short columns, unsigned short rows);

/// openat(2) with O_PATH, which needs _GNU_SOURCE: stands for the file itself, a symbolic link too, and opens nothing.
int pushrod_open_place(int folder, const char *name);
/// fchownat(2) with AT_EMPTY_PATH, likewise: the owner of just this file. 0, or -1 and errno.
int pushrod_change_owner(int descriptor, uid_t user, gid_t group);

/// pidfd_open(2): a descriptor that stands for this process and no later one of the same number, closed on exec; and
/// pidfd_send_signal(2). glibc has the first since 2.36 and declares it in no header that Swift imports. -1 and errno.
int pushrod_pidfd_open(pid_t pid);
int pushrod_pidfd_send_signal(int descriptor, int signal);

/// Closes every descriptor from 3 on but those named, which must be in rising order. close_range(2) is declared under
/// _GNU_SOURCE only.
void pushrod_close_all_but(const int *kept, size_t count);

/// posix_spawn_file_actions_addclosefrom_np(3) of glibc 2.34, which is declared under _GNU_SOURCE only: the
/// child closes every descriptor from `first` on. `actions` is a `posix_spawn_file_actions_t`. 0, or an errno.
int pushrod_spawn_close_from(void *actions, int first);

/// fallocate(2) with FALLOC_FL_KEEP_SIZE, which needs _GNU_SOURCE: `size` bytes behind the end of the file can be written
/// later, also on a disk that is full by then, and the file looks as before. 0, or -1 and errno.
int pushrod_reserve(int descriptor, off_t size);

/// syncfs(2), which needs _GNU_SOURCE: all of the file system that the descriptor is on comes to the disk. 0, or -1 and errno.
int pushrod_sync_file_system(int descriptor);

/// malloc_trim(3) of glibc, whose header Swift does not import: gives freed memory back to the system. Does nothing
/// where the C library is another.
void pushrod_give_back_memory(void);
