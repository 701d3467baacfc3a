// libgit2 as Debian's libgit2-dev installs it; the one header that pulls in the whole public API.
#include <git2.h>
#include <git2/sys/alloc.h>
