#include "images.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf_ptype.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define HUGE_PAGE (2ull << 20)

const uint8_t source_device_mac[6] = {0x02, 0, 0, 0, 0, 0x01};
const uint8_t source_router_mac[6] = {0x02, 0, 0, 0, 0, 0x02};

struct headers {
  struct rte_ether_hdr ethernet;
  struct rte_ipv4_hdr ip;
  union {
    struct rte_tcp_hdr tcp;
    struct {
      struct rte_udp_hdr udp;
      rte_be32_t number;
    } __attribute__((packed)) datagram;
  };
} __attribute__((packed, aligned(2)));

// The client of a flow: an odd multiplier makes no two alike among 2^24, and spreads them.
static uint32_t client_address(const struct settings* settings, uint64_t flow) {
  const bool floods = flow >= settings->flows;
  const uint64_t number = floods ? flow - settings->flows : flow;
  const uint32_t network = floods ? 11u << 24 : 10u << 24;
  return network | (uint32_t)((number * 0x9e3779b1u + settings->seed) & 0xffffff);
}

static rte_be32_t vip_of(const struct settings* settings, uint64_t flow) {
  return rte_cpu_to_be_32(rte_be_to_cpu_32(settings->vip.s_addr) +
                          (uint32_t)(flow % settings->services));
}

static uint16_t client_port(uint64_t flow) {
  return (uint16_t)(1024 + ((flow + 1) * 0xd1b54a32d192ed03ull >> 32) % 64000);
}

static void write_ip(struct rte_ipv4_hdr* ip, const struct settings* settings, uint64_t flow,
                     uint8_t protocol, uint16_t payload) {
  ip->version_ihl = RTE_IPV4_VHL_DEF;
  ip->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + payload));
  ip->fragment_offset = rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG);
  ip->time_to_live = 64;
  ip->next_proto_id = protocol;
  ip->src_addr = rte_cpu_to_be_32(client_address(settings, flow));
  ip->dst_addr = vip_of(settings, flow);
  ip->hdr_checksum = rte_ipv4_cksum(ip);
}

static void write_tcp(struct headers* headers, const struct settings* settings, uint64_t flow) {
  struct rte_tcp_hdr* tcp = &headers->tcp;
  write_ip(&headers->ip, settings, flow, IPPROTO_TCP, sizeof(*tcp));
  tcp->src_port = rte_cpu_to_be_16(client_port(flow));
  tcp->dst_port = rte_cpu_to_be_16((uint16_t)settings->port);
  tcp->sent_seq = rte_cpu_to_be_32((uint32_t)flow);
  tcp->data_off = sizeof(*tcp) / 4 << 4;
  tcp->tcp_flags = RTE_TCP_ACK_FLAG;
  tcp->rx_win = rte_cpu_to_be_16(0xffff);
  tcp->cksum = rte_ipv4_udptcp_cksum(&headers->ip, tcp);
}

static void write_udp(struct headers* headers, const struct settings* settings, uint64_t flow) {
  struct rte_udp_hdr* udp = &headers->datagram.udp;
  const uint16_t length = FRAME_LENGTH - ETHERNET_LENGTH - sizeof(headers->ip);
  write_ip(&headers->ip, settings, flow, IPPROTO_UDP, length);
  udp->src_port = rte_cpu_to_be_16(client_port(flow));
  udp->dst_port = rte_cpu_to_be_16((uint16_t)settings->port);
  udp->dgram_len = rte_cpu_to_be_16(length);
  headers->datagram.number = rte_cpu_to_be_32((uint32_t)flow);
  udp->dgram_cksum = rte_ipv4_udptcp_cksum(&headers->ip, udp);
}

struct ipv6_headers {
  struct rte_ether_hdr ethernet;
  struct rte_ipv6_hdr ip;
  struct rte_tcp_hdr tcp;
} __attribute__((packed, aligned(2)));

const uint8_t ipv6_tail[IPV6_FRAME_LENGTH - IPV6_IMAGE_END] = {
    0, 0, 0, 0, sizeof(struct rte_tcp_hdr) / 4 << 4, RTE_TCP_ACK_FLAG, 0xff, 0xff};

static void write_ipv6_address(uint8_t site, rte_be32_t address, uint8_t* bytes) {
  const uint8_t prefix[12] = {0xfd, 0, 0, site};
  memcpy(bytes, prefix, sizeof(prefix));
  memcpy(bytes + sizeof(prefix), &address, sizeof(address));
}
void ipv6_of_client_side(rte_be32_t address, uint8_t* bytes) {
  write_ipv6_address(1, address, bytes);
}
void ipv6_of_target_side(rte_be32_t address, uint8_t* bytes) {
  write_ipv6_address(2, address, bytes);
}

// As far as an image goes.
static void write_ipv6(uint8_t* image, const struct settings* settings, uint64_t flow) {
  struct ipv6_headers headers = {
      .ip = {.vtc_flow = rte_cpu_to_be_32(6u << 28),
             .payload_len = rte_cpu_to_be_16(sizeof(struct rte_tcp_hdr)),
             .proto = IPPROTO_TCP,
             .hop_limits = 64},
      .tcp = {.src_port = rte_cpu_to_be_16(client_port(flow)),
              .dst_port = rte_cpu_to_be_16((uint16_t)settings->port),
              .sent_seq = rte_cpu_to_be_32((uint32_t)flow)},
  };
  ipv6_of_client_side(rte_cpu_to_be_32(client_address(settings, flow)), headers.ip.src_addr);
  ipv6_of_client_side(vip_of(settings, flow), headers.ip.dst_addr);
  memcpy(image + ETHERNET_LENGTH, (uint8_t*)&headers + ETHERNET_LENGTH,
         IPV6_IMAGE_END - ETHERNET_LENGTH);
}

static bool is_udp(const struct settings* settings, uint64_t flow) {
  if (flow >= settings->flows) return false;
  return settings->mix == MIX_UDP || (settings->mix == MIX_MIXED && flow % 2 == 1);
}

static void build(uint8_t* image, const struct settings* settings, uint64_t flow) {
  struct headers* headers = (struct headers*)image;
  memcpy(&headers->ethernet.dst_addr, source_device_mac, sizeof(source_device_mac));
  memcpy(&headers->ethernet.src_addr, source_router_mac, sizeof(source_router_mac));
  headers->ethernet.ether_type =
      rte_cpu_to_be_16(settings->ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
  if (settings->ipv6) return write_ipv6(image, settings, flow);
  const bool udp = is_udp(settings, flow);
  (udp ? write_udp : write_tcp)(headers, settings, flow);
  if (settings->mix == MIX_SYN || flow >= settings->flows) image_make_syn(image);
  const uint32_t type =
      RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | (udp ? RTE_PTYPE_L4_UDP : RTE_PTYPE_L4_TCP);
  memcpy(image + IMAGE_PACKET_TYPE_OFFSET, &type, sizeof(type));
}

bool images_build(const struct settings* settings, struct images* images) {
  images->count = settings->flows + settings->flood;
  images->size = RTE_ALIGN_CEIL(images->count * IMAGE_SIZE, HUGE_PAGE);
  if (images->count == 0) return true;
  void* memory = mmap(NULL, images->size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) {
    fprintf(stderr, "net_flows: no %llu huge pages of 2 MB are free for %llu flows\n",
            (unsigned long long)(images->size / HUGE_PAGE), (unsigned long long)images->count);
    return false;
  }
  images->bytes = memory;
  for (uint64_t flow = 0; flow < images->count; ++flow) build(images->bytes[flow], settings, flow);
  return true;
}

void images_free(struct images* images) {
  if (images->bytes != NULL) munmap(images->bytes, images->size);
  images->bytes = NULL;
}

void image_make_syn(uint8_t* frame) {
  struct headers* headers = (struct headers*)frame;
  if (headers->ethernet.ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6)) {
    ((struct ipv6_headers*)frame)->tcp.tcp_flags = RTE_TCP_SYN_FLAG;
    return;
  }
  if (headers->ip.next_proto_id != IPPROTO_TCP) return;
  headers->tcp.tcp_flags = RTE_TCP_SYN_FLAG;
  headers->tcp.cksum = 0;
  headers->tcp.cksum = rte_ipv4_udptcp_cksum(&headers->ip, &headers->tcp);
}

uint32_t image_flow_of(const uint8_t* packet) {
  if (packet[0] >> 4 == 6)
    return rte_be_to_cpu_32(
        ((const struct ipv6_headers*)(packet - ETHERNET_LENGTH))->tcp.sent_seq);
  const struct headers* headers = (const struct headers*)(packet - ETHERNET_LENGTH);
  return rte_be_to_cpu_32(headers->ip.next_proto_id == IPPROTO_TCP ? headers->tcp.sent_seq
                                                                   : headers->datagram.number);
}

static void write_rule(FILE* file, const struct headers* headers) {
  const uint8_t* to = (const uint8_t*)&headers->ip.dst_addr;
  const uint8_t* from = (const uint8_t*)&headers->ip.src_addr;
  fprintf(file, "R%u.%u.%u.%u %u.%u.%u.%u %u %u %u 1\n", to[0], to[1], to[2], to[3], from[0],
          from[1], from[2], from[3], rte_be_to_cpu_16(headers->tcp.dst_port),
          rte_be_to_cpu_16(headers->tcp.src_port), headers->ip.next_proto_id);
}

bool images_write_rules(const struct images* images, const char* path) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return false;
  for (uint64_t flow = 0; flow < images->count; ++flow)
    write_rule(file, (const struct headers*)images->bytes[flow]);
  return fclose(file) == 0;
}
