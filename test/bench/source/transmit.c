#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mempool.h>

#include "queue.h"
#include "transmit_check.h"

static void note_wrong(struct queue_report* report, const struct rte_mbuf* packet) {
  if (report->wrong++ != 0) return;
  report->wrong_length = packet->data_len;
  memcpy(report->wrong_frame, rte_pktmbuf_mtod(packet, const void*),
         RTE_MIN(packet->data_len, sizeof(report->wrong_frame)));
}

// A program may speak for itself in between.
static bool is_about_neighbours(const struct rte_mbuf* packet) {
  const struct rte_ether_hdr* ethernet = rte_pktmbuf_mtod(packet, const struct rte_ether_hdr*);
  const struct rte_ipv6_hdr* ip = (const struct rte_ipv6_hdr*)(ethernet + 1);
  return ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP) ||
         (ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6) &&
          ip->proto == IPPROTO_ICMPV6);
}

// Not while flows are opened: their SYNs differ from the images.
static void check_one(struct queue* queue, struct rte_mbuf** packets, uint16_t count) {
  const struct rte_mbuf* packet = packets[queue->until_check - 1];
  const uint64_t passed = count - queue->until_check;
  const uint64_t every = queue->settings->check_every;
  queue->until_check = every > passed ? every - passed : 1;
  if (queue->report->state == STATE_OPENING || is_about_neighbours(packet)) return;
  ++queue->report->checked;
  if (!frame_is_right(queue->settings, queue->images, queue->target_of,
                      rte_pktmbuf_mtod(packet, const uint8_t*), packet->data_len))
    note_wrong(queue->report, packet);
}

uint16_t queue_transmit(void* transmit_queue, struct rte_mbuf** packets, uint16_t count) {
  struct queue* queue = transmit_queue;
  if (count == 0) return 0;
  queue->report->taken += count;
  if (queue->until_check <= count)
    check_one(queue, packets, count);
  else
    queue->until_check -= count;
  if (queue->pace.interval != 0 && queue->report->state == STATE_MEASURING)
    pace_note_times(packets, count, queue->report);
  if (queue->fast_free)
    rte_mempool_put_bulk(packets[0]->pool, (void**)packets, count);
  else
    rte_pktmbuf_free_bulk(packets, count);
  return count;
}
