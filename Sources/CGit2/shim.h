// libgit2 as Debian's libgit2-dev installs it, and the few things that Swift cannot say itself.
#ifndef PUSHROD_CGIT2_SHIM_H
#define PUSHROD_CGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/alloc.h>
#include <git2/sys/stream.h>

// `git_libgit2_opts` is variadic, which Swift cannot call.
static inline int pushrod_git_set_search_path(int level, const char *path)
{
	return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

static inline int pushrod_git_enable_fsync(void)
{
	return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

// Puts text where `git_error_last` finds it. `git_error_set` is variadic; `git_error_set_str` reads no format.
static inline void pushrod_git_set_error(const char *text)
{
	git_error_set_str(GIT_ERROR_NET, text);
}

// renameat2(2), which glibc 2.28 has and declares under _GNU_SOURCE only: puts each of two folders, by absolute paths, in
// the place of the other, at once. 0, or -1 and errno.
int renameat2(int, const char *, int, const char *, unsigned int);
static inline int pushrod_exchange(const char *one, const char *other)
{
	return renameat2(-1, one, -1, other, 2u /* RENAME_EXCHANGE */);
}

// Pushrod's own TCP stream. It begins as libgit2's own one does (host, port, socket), because the SSH transport of
// libgit2 1.5 reads `socket` at that place out of whatever stream it was given.
typedef struct {
	git_stream parent;
	char *host;
	char *port;
	int socket;
	void *state;
} pushrod_git_stream;

#endif
