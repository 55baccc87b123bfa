// To be preloaded: the wall clock of a process, off by as many seconds as the file that WALL_CLOCK_OFFSET names says,
// and only this one; read anew whenever the file changes. (libfaketime, which does more, cannot start under jemalloc:
// each of the two needs the other first. This needs neither memory nor another library.)
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* offset_seconds;  // in the file: eight bytes, of this machine's order

__attribute__((constructor)) static void open_offset(void) {
  const char* path = getenv("WALL_CLOCK_OFFSET");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* page = mmap(NULL, sizeof *offset_seconds, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) offset_seconds = page;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  const int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_REALTIME && offset_seconds) time->tv_sec += *offset_seconds;
  return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
