// The first 64 bytes of each flow's packet, built once. Frames are 60 bytes long, without FCS.
//
// Of IPv6, 74 bytes: the image ends inside the TCP header, whose rest is the same for all (so
// its checksum is wrong, which nobody on the way looks at). An IPv6 address is that of IPv4
// behind a prefix.
//
// Each packet carries its flow's number: TCP in the sequence number, UDP in the first four
// bytes of the payload, so that a transmitted packet can be compared with what was given.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

#include "settings.h"

#define FRAME_LENGTH 60
#define IMAGE_SIZE 64
#define ETHERNET_LENGTH 14
#define IPV6_FRAME_LENGTH 74
#define IPV6_IMAGE_END 62  // behind the sequence number

// In an image behind the frame, there for the receive queue: the packet's RTE_PTYPE_*.
#define IMAGE_PACKET_TYPE_OFFSET 60

struct images {
  uint8_t (*bytes)[IMAGE_SIZE];  // on huge pages: `flows` of the mix, then `flood` SYNs
  uint64_t count;
  uint64_t size;  // of the mapping
};

// The address of IPv6 that stands for one of IPv4: of clients and VIPs, of balancer and targets.
void ipv6_of_client_side(rte_be32_t address, uint8_t* bytes);
void ipv6_of_target_side(rte_be32_t address, uint8_t* bytes);

extern const uint8_t source_device_mac[6];  // the device's own: frames come to it
extern const uint8_t source_router_mac[6];  // frames come from it

// False, with a message on stderr, if there is no memory.
bool images_build(const struct settings* settings, struct images* images);
void images_free(struct images* images);

// Makes a TCP frame a SYN, whatever it was.
void image_make_syn(uint8_t* frame);
// What is behind IPV6_IMAGE_END, of an ACK.
extern const uint8_t ipv6_tail[IPV6_FRAME_LENGTH - IPV6_IMAGE_END];
// The number of the flow that `packet`, an IP packet as it came, belongs to.
uint32_t image_flow_of(const uint8_t* packet);

// Writes a rule of l3fwd for each flow. False if the file cannot be written.
bool images_write_rules(const struct images* images, const char* path);
