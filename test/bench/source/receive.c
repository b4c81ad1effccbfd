#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_mbuf_ptype.h>
#include <rte_mempool.h>

#include "queue.h"
#include "upcoming.h"

// The clock is read once in so many calls.
#define CALLS_PER_CLOCK 16

static uint64_t thread_cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static uint64_t cycles_of(const struct queue* queue, uint64_t milliseconds) {
  return queue->source->cycles_per_second / 1000 * milliseconds;
}

static void open_window(struct queue* queue) {
  queue->window_given = queue->report->given;
  queue->window_taken = queue->report->taken;
  queue->window_cpu_ns = thread_cpu_ns();
  queue->window_opened = rte_rdtsc();
  queue->window_ends = queue->window_opened + cycles_of(queue, queue->settings->measure_ms);
  queue->report->state = STATE_MEASURING;
}

static void close_window(struct queue* queue) {
  struct queue_report* report = queue->report;
  report->window_cycles = rte_rdtsc() - queue->window_opened;
  report->window_cpu_ns = thread_cpu_ns() - queue->window_cpu_ns;
  report->window_given = report->given - queue->window_given;
  report->window_taken = report->taken - queue->window_taken;
  __atomic_store_n(&report->state, STATE_DONE, __ATOMIC_RELEASE);
}

static bool may_begin(struct queue* queue) {
  if (queue->source->begin == 0) return false;
  queue->window_ends = rte_rdtsc() + cycles_of(queue, queue->settings->warmup_ms);
  queue->report->state = STATE_WARMING;
  pace_begin(&queue->pace, rte_rdtsc());
  return true;
}

static bool watch_clock(struct queue* queue) {
  if (++queue->calls % CALLS_PER_CLOCK != 0 || rte_rdtsc() < queue->window_ends) return true;
  if (queue->report->state == STATE_WARMING) {
    open_window(queue);
    return true;
  }
  close_window(queue);
  return false;
}

// Whether packets come in the present state, after it was brought up to date.
static bool packets_come(struct queue* queue) {
  switch (queue->report->state) {
    case STATE_OPENING:
      if (queue->given_pending != 0) return true;
      queue->report->state = STATE_READY;
      return false;
    case STATE_READY:
      return may_begin(queue);
    case STATE_DONE:
      return false;
    default:
      return watch_clock(queue);
  }
}

static void write_ipv6_packet(struct queue* queue, struct rte_mbuf* packet, const uint8_t* image) {
  uint8_t* frame = (uint8_t*)packet->buf_addr + RTE_PKTMBUF_HEADROOM;
  memcpy(frame, image, IMAGE_SIZE);
  memcpy(frame + IPV6_IMAGE_END, ipv6_tail, sizeof(ipv6_tail));
  memcpy(&packet->rearm_data, &queue->rearm, sizeof(queue->rearm));
  packet->ol_flags = queue->receive_flags;
  packet->packet_type = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6 | RTE_PTYPE_L4_TCP;
  packet->pkt_len = IPV6_FRAME_LENGTH;
  packet->data_len = IPV6_FRAME_LENGTH;
}

static void write_packet(struct queue* queue, struct rte_mbuf* packet, const uint8_t* image) {
  uint32_t packet_type;
  memcpy(&packet_type, image + IMAGE_PACKET_TYPE_OFFSET, sizeof(packet_type));
  memcpy((uint8_t*)packet->buf_addr + RTE_PKTMBUF_HEADROOM, image, IMAGE_SIZE);
  memcpy(&packet->rearm_data, &queue->rearm, sizeof(queue->rearm));
  packet->ol_flags = queue->receive_flags;
  packet->packet_type = packet_type;
  packet->pkt_len = FRAME_LENGTH;
  packet->data_len = FRAME_LENGTH;
}

static void make_syns(struct queue* queue, struct rte_mbuf** packets, uint16_t count) {
  for (uint16_t i = 0; i < count && queue->written + i < queue->opening_syns; ++i)
    image_make_syn((uint8_t*)packets[i]->buf_addr + RTE_PKTMBUF_HEADROOM);
}

static void write_packets(struct queue* queue, struct rte_mbuf** packets, uint16_t count) {
  if (queue->settings->ipv6)
    for (uint16_t i = 0; i < count; ++i)
      write_ipv6_packet(queue, packets[i], upcoming_take(queue, queue->written + i));
  else
    for (uint16_t i = 0; i < count; ++i)
      write_packet(queue, packets[i], upcoming_take(queue, queue->written + i));
  if (queue->written < queue->opening_syns) make_syns(queue, packets, count);
  queue->written += count;
}

static void queue_rearm(struct queue* queue, const struct rte_mbuf* packet) {
  struct rte_mbuf fresh = {.data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1, .port = packet->port};
  rte_mbuf_refcnt_set(&fresh, 1);
  memcpy(&queue->rearm, &fresh.rearm_data, sizeof(queue->rearm));
}

static void prepare_upcoming(struct queue* queue, uint16_t index, uint16_t queues) {
  const struct settings* settings = queue->settings;
  const uint64_t flood_share = settings->flood / queues;
  struct upcoming* upcoming = &queue->upcoming;
  const bool opens = settings->mix != MIX_SYN;
  upcoming->count = settings->flows / queues;
  upcoming->first = index * upcoming->count;
  upcoming->in_order_until =
      settings->order == ORDER_SEQUENTIAL || !opens ? UINT64_MAX : 3 * upcoming->count;
  upcoming->draw = settings->seed + index;
  upcoming->flood_count = settings->flood_every == 0 ? 0 : flood_share;
  upcoming->flood_first = settings->flows + index * flood_share;
  upcoming->flood_every = settings->flood_every;
  upcoming->until_flood = settings->flood_every;
  queue->given_pending = (opens ? 3 * upcoming->count : 0) + settings->fill / queues;
  queue->opening_syns = opens ? upcoming->count : 0;
}

void queue_prepare(struct queue* queue, uint16_t index, uint16_t queues) {
  queue->report = &queue->source->queues[index];
  queue->until_check = queue->settings->check_every;
  queue->report->state = STATE_OPENING;
  prepare_upcoming(queue, index, queues);
  pace_prepare(&queue->pace, queue->settings, queue->source->cycles_per_second, queues);
  for (unsigned i = 0; queue->upcoming.count != 0 && i < QUEUE_UPCOMING; ++i)
    queue->upcoming.images[i] = upcoming_choose(queue);
}

bool queue_fill(struct queue* queue, uint16_t port) {
  if (queue->upcoming.count == 0) return true;
  if (rte_pktmbuf_alloc_bulk(queue->pool, queue->waiting, QUEUE_WAITING) != 0) return false;
  struct rte_mbuf* any = queue->waiting[0];
  any->port = port;
  queue_rearm(queue, any);
  write_packets(queue, queue->waiting, QUEUE_WAITING);
  return true;
}

void queue_drain(struct queue* queue) {
  if (queue->waiting[0] != NULL) rte_pktmbuf_free_bulk(queue->waiting, QUEUE_WAITING);
  memset(queue->waiting, 0, sizeof(queue->waiting));
}

// Gives what waits and writes as many new packets in its place.
static void give(struct queue* queue, struct rte_mbuf** fresh, struct rte_mbuf** packets,
                 uint16_t count) {
  write_packets(queue, fresh, count);
  for (uint16_t i = 0; i < count; ++i) {
    struct rte_mbuf** place = &queue->waiting[queue->position++ % QUEUE_WAITING];
    packets[i] = *place;
    *place = fresh[i];
  }
  queue->report->given += count;
}

static bool has_pace(const struct queue* queue) {
  return queue->pace.interval != 0 && queue->report->state != STATE_OPENING;
}

// How many packets there are for who asks for `count`.
static uint16_t ready(struct queue* queue, uint16_t count) {
  count = RTE_MIN(count, QUEUE_BURST);
  if (queue->given_pending != 0) return (uint16_t)RTE_MIN(count, queue->given_pending);
  return has_pace(queue) ? pace_arrived(&queue->pace, rte_rdtsc(), count, queue->report) : count;
}

uint16_t queue_receive(void* receive_queue, struct rte_mbuf** packets, uint16_t count) {
  struct queue* queue = receive_queue;
  if (queue->upcoming.count == 0 || !packets_come(queue)) return 0;
  count = ready(queue, count);
  if (count == 0) return 0;
  struct rte_mbuf* fresh[QUEUE_BURST];
  if (rte_mempool_get_bulk(queue->pool, (void**)fresh, count) != 0) {
    ++queue->report->no_buffer;
    return 0;
  }
  give(queue, fresh, packets, count);
  if (has_pace(queue)) pace_stamp(&queue->pace, packets, count);
  if (queue->given_pending != 0) queue->given_pending -= count;
  return count;
}
