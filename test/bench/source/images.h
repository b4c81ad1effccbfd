// The first 64 bytes of each flow's packet, built once. Frames are 60 bytes long, without FCS.
//
// Each packet carries its flow's number: TCP in the sequence number, UDP in the first four
// bytes of the payload, so that a transmitted packet can be compared with what was given.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

#define FRAME_LENGTH 60
#define IMAGE_SIZE 64
#define ETHERNET_LENGTH 14

// In an image behind the frame, there for the receive queue: the packet's RTE_PTYPE_*.
#define IMAGE_PACKET_TYPE_OFFSET 60

struct images {
  uint8_t (*bytes)[IMAGE_SIZE];  // on huge pages: `flows` of the mix, then `flood` SYNs
  uint64_t count;
  uint64_t size;  // of the mapping
};

extern const uint8_t source_device_mac[6];  // the device's own: frames come to it
extern const uint8_t source_router_mac[6];  // frames come from it

// False, with a message on stderr, if there is no memory.
bool images_build(const struct settings* settings, struct images* images);
void images_free(struct images* images);

// Makes a TCP frame a SYN, whatever it was.
void image_make_syn(uint8_t* frame);
// The number of the flow that `packet`, an IPv4 packet as it came, belongs to.
uint32_t image_flow_of(const uint8_t* packet);

// Writes a rule of l3fwd for each flow. False if the file cannot be written.
bool images_write_rules(const struct images* images, const char* path);
