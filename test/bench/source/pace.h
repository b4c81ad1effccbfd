// When packets arrive if the source has a pace: evenly, so many a second. A packet that has
// arrived waits, as in a NIC's ring, until the program asks for it; what it waits counts. As a
// ring, it has room for PACE_RING packets: those that find none are missed.
//
// Whatever stops the thread for longer than PACE_STANDSTILL_NS between two polls stops the clock
// of arrivals, too: what came meanwhile on a real link would say how often this machine takes the
// CPU away, not how long the program takes. Such standstills are counted in the report.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "report.h"
#include "settings.h"

#define PACE_STANDSTILL_NS 20000
#define PACE_STAMP_EVERY 16  // one packet in so many carries the time of its arrival
#define PACE_RING 1024

struct pace {
  uint64_t interval;    // between two packets, in cycles, 2^-16 of one; 0: no pace
  uint64_t next;        // arrival of the next packet, so long after `began`
  uint64_t began;       // time-stamp counter, less the time of standstills
  uint64_t polled;      // the last poll
  uint64_t standstill;  // cycles
  uint64_t arrivals;
};

// Registers the field of packets that the stamp is in. False if DPDK has none left.
bool pace_register(void);

void pace_prepare(struct pace* pace, const struct settings* settings, uint64_t cycles_per_second,
                  uint16_t queues);
// At this moment the first packet arrives.
void pace_begin(struct pace* pace, uint64_t now);
// How many packets have arrived and were not given yet, at most `most`. Notes in the report
// standstills, and packets that were missed.
uint16_t pace_arrived(struct pace* pace, uint64_t now, uint16_t most, struct queue_report* report);
// These packets are given now: they are those that pace_arrived() told of.
void pace_stamp(struct pace* pace, struct rte_mbuf** packets, uint16_t count);

// Adds how long ago the stamped ones of `packets` arrived.
void pace_note_times(struct rte_mbuf** packets, uint16_t count, struct queue_report* report);
