// How often this machine stops a thread that only looks at the clock: interrupts, other
// processes, and whatever runs beneath a virtual machine, which no counter of the system shows.
//
//   standstills MILLISECONDS
//
// prints cycles a second, the cycles that were looked at, and, for each time that more than
// 5 us passed between two looks, the cycles.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#define MOST 100000

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static uint64_t cycles_per_second(void) {
  const uint64_t began = nanoseconds();
  const uint64_t cycles = __rdtsc();
  while (nanoseconds() - began < 20000000) continue;
  const uint64_t passed = __rdtsc() - cycles;
  return (uint64_t)((double)passed * 1e9 / (double)(nanoseconds() - began));
}

static size_t watch(uint64_t cycles, uint64_t shortest, uint64_t* standstills) {
  size_t count = 0;
  uint64_t last = __rdtsc();
  for (const uint64_t end = last + cycles; last < end && count < MOST;) {
    const uint64_t now = __rdtsc();
    if (now - last > shortest) standstills[count++] = now - last;
    last = now;
  }
  return count;
}

int main(int count, char** arguments) {
  static uint64_t standstills[MOST];
  const uint64_t second = cycles_per_second();
  const uint64_t cycles = second / 1000 * (count > 1 ? strtoull(arguments[1], NULL, 10) : 1000);
  const size_t found = watch(cycles, second / 200000, standstills);
  printf("%llu %llu\n", (unsigned long long)second, (unsigned long long)cycles);
  for (size_t i = 0; i < found; ++i) printf("%llu\n", (unsigned long long)standstills[i]);
  return 0;
}
