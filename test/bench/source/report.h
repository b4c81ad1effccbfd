// The page that a source shares with the runner: counters, the measured interval, and the
// runner's word to begin. test/bench/source_report.py reads the same layout.
//
// Threads: each queue's part is written by the one thread that polls the queue, the rest by
// the thread that makes the device; the runner reads at any time and writes `begin` only.
#pragma once

#include <stdint.h>

#define REPORT_MAGIC 0x32574f4c46464c48ull /* "HLFFLOW2" */
#define REPORT_QUEUES 16
#define REPORT_TIMES 512

enum report_state {
  STATE_OPENING,    // connections are being opened: each flow in order, three times; then `fill`
  STATE_READY,      // no packets come, until `begin` is set
  STATE_WARMING,    // packets come
  STATE_MEASURING,  // packets come, and are measured
  STATE_DONE,       // no packets come any more
};

struct queue_report {
  uint64_t state;
  uint64_t given;          // packets that the program received from this queue, in all
  uint64_t taken;          // packets that it transmitted to it
  uint64_t window_cycles;  // the measured interval, by the time-stamp counter
  uint64_t window_cpu_ns;  // how much of it the thread really ran
  uint64_t window_given;
  uint64_t window_taken;
  uint64_t checked;    // transmitted packets that were looked at
  uint64_t wrong;      // those of them that were not as they should be
  uint64_t no_buffer;  // times that the program's mbufs were used up
  uint64_t wrong_length;
  // With a pace (pace.h), in the measured interval:
  uint64_t standstills;
  uint64_t standstill_cycles;
  uint64_t missed;           // packets that found no room to wait
  uint8_t wrong_frame[128];  // the first wrong one
  uint8_t reserved[16];
  uint64_t times[REPORT_TIMES];  // stamped packets, by the time from arrival to transmission
} __attribute__((aligned(64)));

struct source_report {
  uint64_t magic;
  uint64_t cycles_per_second;
  uint64_t footprint;  // bytes of headers that the source copies from
  volatile uint64_t begin;
  uint8_t reserved[32];
  struct queue_report queues[REPORT_QUEUES];
};

// Of a time in cycles: up to 16 exact, then 16 steps to each power of two.
// test/bench/source_report.py has the inverse.
static inline unsigned report_time_index(uint64_t cycles) {
  if (cycles < 16) return (unsigned)cycles;
  const unsigned power = 63 - (unsigned)__builtin_clzll(cycles);
  const unsigned index = (power - 3) * 16 + (unsigned)(cycles >> (power - 4) & 15);
  return index < REPORT_TIMES ? index : REPORT_TIMES - 1;
}

// Maps `path`, which must exist and is made as long as it must be; with "" a page that nobody
// else sees. NULL if that is not possible.
struct source_report* report_open(const char* path);
void report_close(struct source_report* report);
