#include "transmit_check.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define MAC_LENGTH RTE_ETHER_ADDR_LEN

// `packet`: from its IP header on. The image that it was copied from, NULL if it was changed.
static const uint8_t* image_of(const struct images* images, const uint8_t* packet, size_t length) {
  const size_t whole = packet[0] >> 4 == 6 ? IPV6_IMAGE_END : FRAME_LENGTH;
  if (length < FRAME_LENGTH - ETHERNET_LENGTH - 6) return NULL;  // an encapsulator trims padding
  const uint32_t flow = image_flow_of(packet);
  if (flow >= images->count) return NULL;
  const uint8_t* image = images->bytes[flow];
  const size_t compared = RTE_MIN(length, whole - ETHERNET_LENGTH);
  return memcmp(image + ETHERNET_LENGTH, packet, compared) == 0 ? image : NULL;
}

// A target's number: the last two bytes of its address, and of its MAC.
static uint16_t number_of(const void* last_bytes) {
  uint16_t number;
  memcpy(&number, last_bytes, sizeof(number));
  return rte_be_to_cpu_16(number);
}

static bool is_same_target(uint16_t* target_of, const uint8_t* packet, uint16_t target) {
  uint16_t* before = &target_of[image_flow_of(packet)];
  const bool same = *before == 0 || *before == target;
  *before = target;
  return same;
}

static bool is_right_ethernet(const struct settings* settings, const uint8_t* frame,
                              uint16_t target) {
  const uint16_t type = settings->ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;
  const uint8_t ether_type[] = {(uint8_t)(type >> 8), (uint8_t)type};
  return memcmp(frame, settings->target_mac, sizeof(settings->target_mac)) == 0 &&
         number_of(frame + sizeof(settings->target_mac)) == target &&
         memcmp(frame + MAC_LENGTH, source_device_mac, MAC_LENGTH) == 0 &&
         memcmp(frame + 2 * MAC_LENGTH, ether_type, sizeof(ether_type)) == 0;
}

static bool is_right_l2(const struct settings* settings, const struct images* images,
                        uint16_t* target_of, const uint8_t* frame, size_t length) {
  const uint8_t* packet = frame + ETHERNET_LENGTH;
  const uint16_t target = number_of(frame + sizeof(settings->target_mac));
  return length == FRAME_LENGTH && is_right_ethernet(settings, frame, target) &&
         image_of(images, packet, length - ETHERNET_LENGTH) != NULL &&
         is_same_target(target_of, packet, target);
}

// RFC 2003, as src/wire/outer_header.h says; `between` bytes of UDP, or none.
static bool is_right_outer(const struct settings* settings, const struct rte_ipv4_hdr* outer,
                           size_t between, const struct rte_ipv4_hdr* inner) {
  return outer->version_ihl == RTE_IPV4_VHL_DEF &&
         outer->next_proto_id == (between == 0 ? IPPROTO_IPIP : IPPROTO_UDP) &&
         rte_be_to_cpu_16(outer->total_length) ==
             sizeof(*outer) + between + rte_be_to_cpu_16(inner->total_length) &&
         outer->type_of_service == inner->type_of_service && outer->time_to_live == 64 &&
         outer->fragment_offset == rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG) &&
         rte_raw_cksum(outer, sizeof(*outer)) == 0xffff &&
         outer->src_addr == settings->balancer.s_addr &&
         memcmp(&outer->dst_addr, &settings->targets, 2) == 0;
}

static bool is_right_gue(const struct rte_udp_hdr* udp, size_t inner_length) {
  return rte_be_to_cpu_16(udp->dst_port) == 6080 && rte_be_to_cpu_16(udp->src_port) >= 0xc000 &&
         rte_be_to_cpu_16(udp->dgram_len) == sizeof(*udp) + inner_length && udp->dgram_cksum == 0;
}

static bool is_right_inside_ipv4(const struct settings* settings, const struct images* images,
                                 uint16_t* target_of, const uint8_t* frame, size_t length) {
  const struct rte_ipv4_hdr* outer = (const struct rte_ipv4_hdr*)(frame + ETHERNET_LENGTH);
  const bool is_gue = settings->check == CHECK_GUE;
  const size_t between = is_gue ? sizeof(struct rte_udp_hdr) : 0;
  const struct rte_ipv4_hdr* inner =
      (const struct rte_ipv4_hdr*)((const uint8_t*)(outer + 1) + between);
  if (length < ETHERNET_LENGTH + 2 * sizeof(*outer) + between) return false;
  const size_t inner_length = rte_be_to_cpu_16(inner->total_length);
  const uint16_t target = number_of((const uint8_t*)&outer->dst_addr + 2);
  return length == ETHERNET_LENGTH + sizeof(*outer) + between + inner_length &&
         is_right_ethernet(settings, frame, target) &&
         is_right_outer(settings, outer, between, inner) &&
         (!is_gue || is_right_gue((const struct rte_udp_hdr*)(outer + 1), inner_length)) &&
         image_of(images, (const uint8_t*)inner, inner_length) != NULL &&
         is_same_target(target_of, (const uint8_t*)inner, target);
}

// RFC 2473.
static bool is_right_inside_ipv6(const struct settings* settings, const struct images* images,
                                 uint16_t* target_of, const uint8_t* frame, size_t length) {
  const struct rte_ipv6_hdr* outer = (const struct rte_ipv6_hdr*)(frame + ETHERNET_LENGTH);
  const uint8_t* inner = (const uint8_t*)(outer + 1);
  const size_t inner_length = IPV6_FRAME_LENGTH - ETHERNET_LENGTH;
  uint8_t balancer[16], targets[16];
  ipv6_of_target_side(settings->balancer.s_addr, balancer);
  ipv6_of_target_side(settings->targets.s_addr, targets);
  const uint16_t target = number_of(outer->dst_addr + 14);
  return length == ETHERNET_LENGTH + sizeof(*outer) + inner_length &&
         is_right_ethernet(settings, frame, target) &&
         rte_be_to_cpu_32(outer->vtc_flow) >> 20 == 6u << 8 && outer->proto == IPPROTO_IPV6 &&
         rte_be_to_cpu_16(outer->payload_len) == inner_length && outer->hop_limits == 64 &&
         memcmp(outer->src_addr, balancer, sizeof(balancer)) == 0 &&
         memcmp(outer->dst_addr, targets, sizeof(targets) - 2) == 0 &&
         image_of(images, inner, inner_length) != NULL &&
         is_same_target(target_of, inner, target);
}

static bool has_right_tcp_checksum(const struct rte_ipv4_hdr* ip) {
  const uint32_t sum = (uint32_t)rte_ipv4_phdr_cksum(ip, 0) +
                       rte_raw_cksum(ip + 1, rte_be_to_cpu_16(ip->total_length) - sizeof(*ip));
  return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

// TCP over IPv4: other addresses and ports, a hop less, and checksums that are right for them.
static bool is_right_nat(const struct settings* settings, const struct images* images,
                         uint16_t* target_of, const uint8_t* frame, size_t length) {
  const struct rte_ipv4_hdr* ip = (const struct rte_ipv4_hdr*)(frame + ETHERNET_LENGTH);
  const struct rte_tcp_hdr* tcp = (const struct rte_tcp_hdr*)(ip + 1);
  const uint16_t target = number_of((const uint8_t*)&ip->dst_addr + 2);
  const uint32_t flow = image_flow_of((const uint8_t*)ip);
  if (length != FRAME_LENGTH || ip->next_proto_id != IPPROTO_TCP || flow >= images->count)
    return false;
  const struct rte_ipv4_hdr* sent =
      (const struct rte_ipv4_hdr*)(images->bytes[flow] + ETHERNET_LENGTH);
  const struct rte_tcp_hdr* sent_tcp = (const struct rte_tcp_hdr*)(sent + 1);
  return is_right_ethernet(settings, frame, target) && ip->time_to_live + 1 == sent->time_to_live &&
         ip->src_addr == settings->balancer.s_addr &&
         memcmp(&ip->dst_addr, &settings->targets, 2) == 0 &&
         rte_raw_cksum(ip, sizeof(*ip)) == 0xffff && has_right_tcp_checksum(ip) &&
         tcp->dst_port == sent_tcp->dst_port && tcp->tcp_flags == sent_tcp->tcp_flags &&
         is_same_target(target_of, (const uint8_t*)ip, target);
}

static bool is_right_swap(const struct images* images, const uint8_t* frame, size_t length) {
  return length == FRAME_LENGTH && memcmp(frame, source_router_mac, MAC_LENGTH) == 0 &&
         memcmp(frame + MAC_LENGTH, source_device_mac, MAC_LENGTH) == 0 &&
         image_of(images, frame + ETHERNET_LENGTH, length - ETHERNET_LENGTH) != NULL;
}

bool frame_is_right(const struct settings* settings, const struct images* images,
                    uint16_t* target_of, const uint8_t* frame, size_t length) {
  switch (settings->check) {
    case CHECK_L2:
      return is_right_l2(settings, images, target_of, frame, length);
    case CHECK_IPIP:
    case CHECK_GUE:
      return (settings->ipv6 ? is_right_inside_ipv6 : is_right_inside_ipv4)(
          settings, images, target_of, frame, length);
    case CHECK_NAT:
      return is_right_nat(settings, images, target_of, frame, length);
    case CHECK_SWAP:
      return is_right_swap(images, frame, length);
    default:
      return true;
  }
}
