/*
 * What a power cut would leave of a folder: loaded before a program's libraries (ld.so(8), LD_PRELOAD), this keeps a second
 * copy of every file as it was when it was last brought to the disk with fsync(2) or fdatasync(2). What was only written
 * since then is what a power cut may take. It also lets calls fail as a bad or full disk makes them fail.
 *
 *   TORTURE_ROOT    the folder that is watched, an absolute path
 *   TORTURE_SHADOW  where the copies are kept
 *   TORTURE_FAULT   a file of four bytes, the fault in force: 0 none, 1 fsync fails with EIO, 2 writing with ENOSPC
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *root, *shadow;
static size_t root_length;
static const volatile uint32_t *fault;
static atomic_uint copies;

static int (*real_fsync)(int), (*real_fdatasync)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);

__attribute__((constructor)) static void begin(void) {
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  root = getenv("TORTURE_ROOT");
  shadow = getenv("TORTURE_SHADOW");
  root_length = root ? strlen(root) : 0;
  const char *path = getenv("TORTURE_FAULT");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file >= 0) {
    void *map = mmap(NULL, 4, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) fault = map;
    close(file);
  }
}

/* The place of a watched path's copy. */
static int copy_of(const char *path, char copy[PATH_MAX]) {
  if (!root_length || !shadow) return 0;
  if (strncmp(path, root, root_length) || path[root_length] != '/') return 0;
  return snprintf(copy, PATH_MAX, "%s%s", shadow, path + root_length) < PATH_MAX;
}

static int path_of(int descriptor, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return 1;
}

static int is_watched(int descriptor) {
  char path[PATH_MAX], copy[PATH_MAX];
  return path_of(descriptor, path) && copy_of(path, copy);
}

static void make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0700);
    *slash = '/';
  }
}

/* Another descriptor: the program's own has a place that must not move, and may be open for writing only. */
static void keep(int descriptor) {
  char path[PATH_MAX], copy[PATH_MAX], fresh[PATH_MAX + 64];
  struct stat status;
  if (!path_of(descriptor, path) || !copy_of(path, copy)) return;
  int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0) return;
  if (fstat(from, &status) || !S_ISREG(status.st_mode)) {
    close(from);
    return;
  }
  make_folders(copy);
  snprintf(fresh, sizeof fresh, "%s/.fresh-%d-%u", shadow, getpid(), atomic_fetch_add(&copies, 1));
  int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  char bytes[65536];
  ssize_t count;
  int is_whole = to >= 0;
  while (is_whole && (count = read(from, bytes, sizeof bytes)) > 0) is_whole = real_write(to, bytes, count) == count;
  if (to >= 0) close(to);
  close(from);
  if (is_whole) syscall(SYS_renameat2, AT_FDCWD, fresh, AT_FDCWD, copy, 0);
}

static int fails(int descriptor, uint32_t kind, int code) {
  if (!fault || *fault != kind || !is_watched(descriptor)) return 0;
  errno = code;
  return 1;
}

int fsync(int descriptor) {
  if (fails(descriptor, 1, EIO)) return -1;
  int code = real_fsync(descriptor);
  if (code == 0) keep(descriptor);
  return code;
}

int fdatasync(int descriptor) {
  if (fails(descriptor, 1, EIO)) return -1;
  int code = real_fdatasync(descriptor);
  if (code == 0) keep(descriptor);
  return code;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (fails(descriptor, 2, ENOSPC)) return -1;
  return real_write(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t place) {
  if (fails(descriptor, 2, ENOSPC)) return -1;
  return real_pwrite(descriptor, bytes, count, place);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t place) {
  return pwrite64(descriptor, bytes, count, place);
}

/*
 * Names are taken to be on the disk at once, as journalling file systems order them: the copy goes with its file. A folder
 * may be named by a link, as "/proc/self/fd/7" of a folder that is open: what counts is where it is.
 */
static int absolute(int folder, const char *name, char path[PATH_MAX]) {
  char parent[PATH_MAX], base[PATH_MAX];
  const char *slash = strrchr(name, '/');
  int length = slash ? snprintf(parent, sizeof parent, "%.*s", (int)(slash - name) + 1, name) : snprintf(parent, sizeof parent, ".");
  if (length >= PATH_MAX) return 0;
  int opened = openat(folder, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return 0;
  int is_known = path_of(opened, base);
  close(opened);
  return is_known && snprintf(path, PATH_MAX, "%s/%s", base, slash ? slash + 1 : name) < PATH_MAX;
}

static void moved(int from_folder, const char *from, int to_folder, const char *to) {
  char old[PATH_MAX], new[PATH_MAX], old_copy[PATH_MAX], new_copy[PATH_MAX];
  if (!absolute(from_folder, from, old) || !absolute(to_folder, to, new) || !copy_of(new, new_copy)) return;
  make_folders(new_copy);
  if (copy_of(old, old_copy) && syscall(SYS_renameat2, AT_FDCWD, old_copy, AT_FDCWD, new_copy, 0) == 0) return;
  /* What has come was never brought to the disk; what it replaced was. */
  syscall(SYS_unlinkat, AT_FDCWD, new_copy, 0);
}

/* A second name for what is there: libgit2 puts its files in place with link(2) and unlink(2). */
static void linked(int from_folder, const char *from, int to_folder, const char *to) {
  char old[PATH_MAX], new[PATH_MAX], old_copy[PATH_MAX], new_copy[PATH_MAX];
  if (!absolute(from_folder, from, old) || !absolute(to_folder, to, new)) return;
  if (!copy_of(old, old_copy) || !copy_of(new, new_copy)) return;
  make_folders(new_copy);
  syscall(SYS_linkat, AT_FDCWD, old_copy, AT_FDCWD, new_copy, 0);
}

static void removed(int folder, const char *name) {
  char path[PATH_MAX], copy[PATH_MAX];
  if (absolute(folder, name, path) && copy_of(path, copy)) syscall(SYS_unlinkat, AT_FDCWD, copy, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  int code = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  if (code == 0 && !(flags & RENAME_EXCHANGE)) moved(from_folder, from, to_folder, to);
  return code;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, 0);
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  int code = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  if (code == 0) linked(from_folder, from, to_folder, to);
  return code;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *name, int flags) {
  int code = (int)syscall(SYS_unlinkat, folder, name, flags);
  if (code == 0 && !(flags & AT_REMOVEDIR)) removed(folder, name);
  return code;
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
