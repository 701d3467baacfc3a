#define _GNU_SOURCE
#include "CLinux.h"

#include <spawn.h>

int pushrod_spawn_close_from(void *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}
