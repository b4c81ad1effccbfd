#include "transmit_check.h"

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#define MAC_LENGTH RTE_ETHER_ADDR_LEN

// `packet`: from its IPv4 header on. The image that it was copied from, NULL if it was changed.
static const uint8_t* image_of(const struct images* images, const uint8_t* packet, size_t length) {
  if (length < FRAME_LENGTH - ETHERNET_LENGTH - 6) return NULL;  // an encapsulator trims padding
  const uint32_t flow = image_flow_of(packet);
  if (flow >= images->count) return NULL;
  const uint8_t* image = images->bytes[flow];
  const size_t compared = RTE_MIN(length, (size_t)FRAME_LENGTH - ETHERNET_LENGTH);
  return memcmp(image + ETHERNET_LENGTH, packet, compared) == 0 ? image : NULL;
}

static bool is_same_target(uint8_t* target_of, const uint8_t* packet, uint8_t target) {
  uint8_t* before = &target_of[image_flow_of(packet)];
  const bool same = *before == 0 || *before == target;
  *before = target;
  return same;
}

static bool is_right_l2(const struct settings* settings, const struct images* images,
                        uint8_t* target_of, const uint8_t* frame, size_t length) {
  const uint8_t* packet = frame + ETHERNET_LENGTH;
  return length == FRAME_LENGTH && image_of(images, packet, length - ETHERNET_LENGTH) != NULL &&
         memcmp(frame, settings->target_mac, sizeof(settings->target_mac)) == 0 &&
         memcmp(frame + MAC_LENGTH, source_device_mac, MAC_LENGTH) == 0 &&
         is_same_target(target_of, packet, frame[MAC_LENGTH - 1]);
}

static bool is_right_outer(const struct settings* settings, const struct rte_ipv4_hdr* outer,
                           size_t inner_length) {
  return outer->version_ihl == RTE_IPV4_VHL_DEF && outer->next_proto_id == IPPROTO_IPIP &&
         rte_be_to_cpu_16(outer->total_length) == sizeof(*outer) + inner_length &&
         rte_raw_cksum(outer, sizeof(*outer)) == 0xffff &&
         memcmp(&outer->dst_addr, &settings->targets, 3) == 0;
}

static bool is_right_ipip(const struct settings* settings, const struct images* images,
                          uint8_t* target_of, const uint8_t* frame, size_t length) {
  const struct rte_ipv4_hdr* outer = (const struct rte_ipv4_hdr*)(frame + ETHERNET_LENGTH);
  const uint8_t* inner = (const uint8_t*)(outer + 1);
  if (length < ETHERNET_LENGTH + 2 * sizeof(*outer)) return false;
  const size_t inner_length = rte_be_to_cpu_16(((const struct rte_ipv4_hdr*)inner)->total_length);
  return length >= ETHERNET_LENGTH + sizeof(*outer) + inner_length &&
         is_right_outer(settings, outer, inner_length) &&
         image_of(images, inner, inner_length) != NULL &&
         is_same_target(target_of, inner, ((const uint8_t*)&outer->dst_addr)[3]);
}

static bool is_right_swap(const struct images* images, const uint8_t* frame, size_t length) {
  return length == FRAME_LENGTH && memcmp(frame, source_router_mac, MAC_LENGTH) == 0 &&
         memcmp(frame + MAC_LENGTH, source_device_mac, MAC_LENGTH) == 0 &&
         image_of(images, frame + ETHERNET_LENGTH, length - ETHERNET_LENGTH) != NULL;
}

bool frame_is_right(const struct settings* settings, const struct images* images,
                    uint8_t* target_of, const uint8_t* frame, size_t length) {
  switch (settings->check) {
    case CHECK_L2:
      return is_right_l2(settings, images, target_of, frame, length);
    case CHECK_IPIP:
      return is_right_ipip(settings, images, target_of, frame, length);
    case CHECK_SWAP:
      return is_right_swap(images, frame, length);
    default:
      return true;
  }
}
