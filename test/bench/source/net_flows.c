// net_flows: a DPDK device that is a fast source of packets, and their sink.
//
// It is loaded into the program that is measured (EAL option -d) and runs on the thread that
// polls it. settings.h has its arguments, queue.h what it does, report.h what it tells.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bus_vdev_driver.h>
#include <ethdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_cycles.h>

#include "queue.h"

#define RECEIVE_OFFLOADS RTE_ETH_RX_OFFLOAD_CHECKSUM
#define TRANSMIT_OFFLOADS RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE

struct device {
  struct settings settings;
  struct images images;
  struct source_report* report;
  uint16_t* target_of;
  struct queue queues[REPORT_QUEUES];
};

static uint64_t receive_flags(uint64_t offloads) {
  uint64_t flags = 0;
  if (offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
  if (offloads & RTE_ETH_RX_OFFLOAD_TCP_CKSUM) flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  return flags;
}

static int configure(struct rte_eth_dev* ethernet) {
  struct device* device = ethernet->data->dev_private;
  const uint16_t queues = RTE_MAX(ethernet->data->nb_rx_queues, ethernet->data->nb_tx_queues);
  for (uint16_t i = 0; i < queues; ++i) {
    struct queue* queue = &device->queues[i];
    queue->settings = &device->settings;
    queue->images = &device->images;
    queue->source = device->report;
    queue->target_of = device->target_of;
    queue->receive_flags = receive_flags(ethernet->data->dev_conf.rxmode.offloads);
    queue_prepare(queue, i, queues);
  }
  return 0;
}

static int set_up_receive(struct rte_eth_dev* ethernet, uint16_t index,
                          __rte_unused uint16_t descriptors, __rte_unused unsigned int socket,
                          __rte_unused const struct rte_eth_rxconf* options,
                          struct rte_mempool* pool) {
  struct device* device = ethernet->data->dev_private;
  device->queues[index].pool = pool;
  ethernet->data->rx_queues[index] = &device->queues[index];
  return 0;
}

static int set_up_transmit(struct rte_eth_dev* ethernet, uint16_t index,
                           __rte_unused uint16_t descriptors, __rte_unused unsigned int socket,
                           const struct rte_eth_txconf* options) {
  struct device* device = ethernet->data->dev_private;
  const uint64_t offloads = options->offloads | ethernet->data->dev_conf.txmode.offloads;
  device->queues[index].fast_free = (offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
  ethernet->data->tx_queues[index] = &device->queues[index];
  return 0;
}

static int start(struct rte_eth_dev* ethernet) {
  struct device* device = ethernet->data->dev_private;
  for (uint16_t i = 0; i < ethernet->data->nb_rx_queues; ++i)
    if (!queue_fill(&device->queues[i], ethernet->data->port_id)) return -ENOBUFS;
  ethernet->data->dev_link.link_status = RTE_ETH_LINK_UP;
  return 0;
}

static int stop(struct rte_eth_dev* ethernet) {
  struct device* device = ethernet->data->dev_private;
  for (uint16_t i = 0; i < ethernet->data->nb_rx_queues; ++i) queue_drain(&device->queues[i]);
  ethernet->data->dev_link.link_status = RTE_ETH_LINK_DOWN;
  return 0;
}

static int close_device(struct rte_eth_dev* ethernet) {
  struct device* device = ethernet->data->dev_private;
  ethernet->data->mac_addrs = NULL;  // a constant, not to be freed
  images_free(&device->images);
  free(device->target_of);
  device->target_of = NULL;
  if (device->report != NULL) report_close(device->report);
  device->report = NULL;
  return 0;
}

static int tell_abilities(struct rte_eth_dev* ethernet, struct rte_eth_dev_info* info) {
  const struct device* device = ethernet->data->dev_private;
  info->max_rx_queues = (uint16_t)device->settings.queues;
  info->max_tx_queues = (uint16_t)device->settings.queues;
  info->max_rx_pktlen = UINT16_MAX;
  info->max_mtu = UINT16_MAX;
  info->max_mac_addrs = 1;
  info->rx_offload_capa = RECEIVE_OFFLOADS;
  info->rx_queue_offload_capa = RECEIVE_OFFLOADS;
  info->tx_offload_capa = TRANSMIT_OFFLOADS;
  info->tx_queue_offload_capa = TRANSMIT_OFFLOADS;
  info->flow_type_rss_offloads = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;
  return 0;
}

static const uint32_t* packet_types(__rte_unused struct rte_eth_dev* ethernet) {
  static const uint32_t types[] = {RTE_PTYPE_L2_ETHER,    RTE_PTYPE_L3_IPV4, RTE_PTYPE_L3_IPV4_EXT,
                                   RTE_PTYPE_L3_IPV6_EXT, RTE_PTYPE_L4_TCP,  RTE_PTYPE_L4_UDP,
                                   RTE_PTYPE_UNKNOWN};
  return types;
}

static int tell_counters(struct rte_eth_dev* ethernet, struct rte_eth_stats* counters) {
  const struct device* device = ethernet->data->dev_private;
  for (unsigned i = 0; i < REPORT_QUEUES; ++i) {
    counters->ipackets += device->report->queues[i].given;
    counters->opackets += device->report->queues[i].taken;
    counters->rx_nombuf += device->report->queues[i].no_buffer;
  }
  counters->ibytes = counters->ipackets * FRAME_LENGTH;
  return 0;
}

static int forget_counters(__rte_unused struct rte_eth_dev* ethernet) { return 0; }

static int accept_mtu(__rte_unused struct rte_eth_dev* ethernet, __rte_unused uint16_t mtu) {
  return 0;
}

static int keep_link(__rte_unused struct rte_eth_dev* ethernet, __rte_unused int wait) { return 0; }

static int accept_mode(__rte_unused struct rte_eth_dev* ethernet) { return 0; }

static const struct eth_dev_ops operations = {
    .dev_configure = configure,
    .dev_start = start,
    .dev_stop = stop,
    .dev_close = close_device,
    .dev_infos_get = tell_abilities,
    .dev_supported_ptypes_get = packet_types,
    .rx_queue_setup = set_up_receive,
    .tx_queue_setup = set_up_transmit,
    .stats_get = tell_counters,
    .stats_reset = forget_counters,
    .mtu_set = accept_mtu,
    .link_update = keep_link,
    .promiscuous_enable = accept_mode,
    .promiscuous_disable = accept_mode,
};

static struct rte_ether_addr device_mac;

static void describe(struct rte_eth_dev* ethernet) {
  memcpy(device_mac.addr_bytes, source_device_mac, sizeof(source_device_mac));
  ethernet->data->mac_addrs = &device_mac;
  ethernet->data->dev_link = (struct rte_eth_link){.link_speed = RTE_ETH_SPEED_NUM_100G,
                                                   .link_duplex = RTE_ETH_LINK_FULL_DUPLEX};
  ethernet->dev_ops = &operations;
  ethernet->rx_pkt_burst = queue_receive;
  ethernet->tx_pkt_burst = queue_transmit;
}

// Everything that a device holds. `device` is all zero before.
static int equip(struct device* device, const char* arguments) {
  if (!settings_parse(arguments, &device->settings)) return -EINVAL;
  if (!images_build(&device->settings, &device->images)) return -ENOMEM;
  if (device->settings.pace != 0 && !pace_register()) return -ENOMEM;
  device->target_of = calloc(device->images.count + 1, sizeof(uint16_t));
  device->report = report_open(device->settings.report);
  if (device->target_of == NULL || device->report == NULL) return -ENOMEM;
  device->report->cycles_per_second = rte_get_tsc_hz();
  device->report->footprint = device->images.count * IMAGE_SIZE;
  device->report->magic = REPORT_MAGIC;
  device->report->begin = device->settings.report[0] == '\0';
  const char* rules = device->settings.rules;
  return rules[0] == '\0' || images_write_rules(&device->images, rules) ? 0 : -EIO;
}

static int probe(struct rte_vdev_device* virtual_device) {
  struct rte_eth_dev* ethernet = rte_eth_vdev_allocate(virtual_device, sizeof(struct device));
  if (ethernet == NULL) return -ENOMEM;
  const int result = equip(ethernet->data->dev_private, rte_vdev_device_args(virtual_device));
  if (result != 0) {
    close_device(ethernet);
    rte_eth_dev_release_port(ethernet);
    return result;
  }
  describe(ethernet);
  rte_eth_dev_probing_finish(ethernet);
  return 0;
}

static int take_out(struct rte_vdev_device* virtual_device) {
  struct rte_eth_dev* ethernet = rte_eth_dev_allocated(rte_vdev_device_name(virtual_device));
  if (ethernet == NULL) return 0;
  close_device(ethernet);
  return rte_eth_dev_release_port(ethernet);
}

static struct rte_vdev_driver driver = {.probe = probe, .remove = take_out};

RTE_PMD_REGISTER_VDEV(net_flows, driver);
