/*
 * Tells the thread sanitizer what it cannot see of Swift's `Mutex`: where a lock is contended, it is taken and given back
 * in libswiftSynchronization, which is not built under the sanitizer, and everything that the lock protects would be
 * reported. (The lock came with swiftlang/swift's pull request 71383; no issue there about the sanitizer is known to us.) Loaded with
 * LD_PRELOAD (ld.so(8)) by scripts/sanitize; in a program without the sanitizer it changes nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

/* `_MutexHandle._lockSlow(_:)` and `_unlockSlow()`, as Swift names them. */
SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void unlock_slow(SELF void *mutex) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

typedef SWIFT void (*lock_function)(uint32_t, SELF void *);
typedef SWIFT void (*unlock_function)(SELF void *);

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
  lock_function next = (lock_function)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  next(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF void *mutex) {
  if (__tsan_release) __tsan_release(mutex);
  unlock_function next = (unlock_function)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  next(mutex);
}
