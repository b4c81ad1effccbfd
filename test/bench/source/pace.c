#include "pace.h"

#include <rte_cycles.h>
#include <rte_mbuf_dyn.h>

#define FRACTION_BITS 16

static int stamp_offset = -1;
static uint64_t stamp_flag;

bool pace_register(void) {
  return rte_mbuf_dyn_rx_timestamp_register(&stamp_offset, &stamp_flag) == 0;
}

void pace_prepare(struct pace* pace, const struct settings* settings, uint64_t cycles_per_second,
                  uint16_t queues) {
  if (settings->pace == 0) return;
  pace->interval = (uint64_t)((double)cycles_per_second * queues / (double)settings->pace *
                              (1 << FRACTION_BITS));
  pace->standstill = cycles_per_second / 1000000 * PACE_STANDSTILL_NS / 1000;
}

void pace_begin(struct pace* pace, uint64_t now) {
  pace->began = pace->polled = now;
  pace->next = 0;
}

static void note_standstill(struct pace* pace, uint64_t cycles, struct queue_report* report) {
  pace->began += cycles;
  if (report->state != STATE_MEASURING) return;
  ++report->standstills;
  report->standstill_cycles += cycles;
}

// The oldest: those that wait longest are gone, not the newest as in a ring. So nothing is
// given that looks older than a ring is long.
static void note_missed(struct pace* pace, uint64_t count, struct queue_report* report) {
  pace->next += count * pace->interval;
  if (report->state == STATE_MEASURING) report->missed += count;
}

uint16_t pace_arrived(struct pace* pace, uint64_t now, uint16_t most, struct queue_report* report) {
  const uint64_t since = now - pace->polled;
  pace->polled = now;
  if (since > pace->standstill) note_standstill(pace, since, report);
  const uint64_t time = (now - pace->began) << FRACTION_BITS;
  if (time < pace->next) return 0;
  const uint64_t arrived = (time - pace->next) / pace->interval + 1;
  if (arrived > PACE_RING) note_missed(pace, arrived - PACE_RING, report);
  return (uint16_t)RTE_MIN(arrived, most);
}

void pace_stamp(struct pace* pace, struct rte_mbuf** packets, uint16_t count) {
  for (uint16_t i = 0; i < count; ++i, pace->next += pace->interval) {
    if (pace->arrivals++ % PACE_STAMP_EVERY != 0) continue;
    *RTE_MBUF_DYNFIELD(packets[i], stamp_offset, uint64_t*) =
        pace->began + (pace->next >> FRACTION_BITS);
    packets[i]->ol_flags |= stamp_flag;
  }
}

void pace_note_times(struct rte_mbuf** packets, uint16_t count, struct queue_report* report) {
  const uint64_t now = rte_rdtsc();
  for (uint16_t i = 0; i < count; ++i) {
    if ((packets[i]->ol_flags & stamp_flag) == 0) continue;
    const uint64_t arrived = *RTE_MBUF_DYNFIELD(packets[i], stamp_offset, uint64_t*);
    ++report->times[report_time_index(now - arrived)];
  }
}
