#pragma once

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's loop (LLVM, "Using libFuzzer as a library"): calls `one_input` again and again, until the time or the number of
/// calls that the arguments give is over. Ends the process where an input crashes.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *data, size_t size));
