// A pair of queues: gives packets as a NIC would, takes them back, counts and checks them.
//
// As with a NIC, a packet was written into its buffer long before the program receives it: it
// waits behind QUEUE_WAITING others, and is no longer in the first-level cache.
//
// Threads: one thread polls a pair; set-up is done before and after.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "images.h"
#include "pace.h"
#include "report.h"
#include "settings.h"

#define QUEUE_WAITING 1024  // packets written and not given yet
#define QUEUE_UPCOMING 128  // images that are being fetched from memory
#define QUEUE_BURST 64      // packets given at once, at most

// Which image is written next.
struct upcoming {
  uint64_t chosen;  // images so far
  uint64_t in_order_until;
  uint64_t first, count;  // the flows of this queue
  uint64_t draw;          // state of the random generator
  uint64_t flood_first, flood_count, flood_next, flood_every, until_flood;
  const uint8_t* images[QUEUE_UPCOMING];
};

struct queue {
  const struct settings* settings;
  const struct images* images;
  struct source_report* source;
  struct queue_report* report;
  uint16_t* target_of;  // by flow: number of the target that a checked packet went to, or 0

  // Receiving.
  struct rte_mempool* pool;
  uint64_t rearm;          // rte_mbuf::rearm_data of a fresh packet
  uint64_t receive_flags;  // RTE_MBUF_F_RX_*
  uint64_t given_pending;  // packets that may still be given before OPENING ends
  uint64_t written;
  uint64_t opening_syns;  // so many packets, the first, are made SYNs
  uint32_t calls;
  uint32_t position;
  uint64_t window_ends;  // time-stamp counter
  uint64_t window_opened;
  uint64_t window_cpu_ns;
  uint64_t window_given;
  uint64_t window_taken;
  struct upcoming upcoming;
  struct pace pace;
  struct rte_mbuf* waiting[QUEUE_WAITING];

  // Transmitting.
  bool fast_free;  // RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE: one pool, one reference, one segment
  uint64_t until_check;
};

// Everything but `waiting` and the pool: `settings`, `images`, `source`, `target_of` are set.
void queue_prepare(struct queue* queue, uint16_t index, uint16_t queues);
// Takes mbufs of `port` for the packets that wait. False if the pool has too few.
bool queue_fill(struct queue* queue, uint16_t port);
void queue_drain(struct queue* queue);

// rte_eth_rx_burst() and rte_eth_tx_burst().
uint16_t queue_receive(void* queue, struct rte_mbuf** packets, uint16_t count);
uint16_t queue_transmit(void* queue, struct rte_mbuf** packets, uint16_t count);
