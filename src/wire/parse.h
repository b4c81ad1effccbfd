// ParseFrame: a received frame in, what the stages ask about it out.
//
// Any thread; no allocation, no exception, and no byte outside the view is read.
#pragma once

#include <cstdint>

#include "base/flow_key.h"
#include "base/mac_address.h"
#include "base/own_address.h"
#include "base/segment_flags.h"
#include "stats/worker_counters.h"

namespace holdfast {

// A frame from its destination MAC on, without FCS.
struct FrameView {
  const std::uint8_t* data;
  std::uint32_t length;  // contiguous bytes available
};

// What kind of packet it is, for the stages.
enum class PacketKind : std::uint8_t {
  kFlow,  // TCP or UDP over IPv4
  kArp,
  kIcmp,
  kDrop,
};

struct ParsedPacket {
  PacketKind kind = PacketKind::kDrop;
  DropReason drop = DropReason::kTruncated;  // valid when kind == kDrop
  std::uint8_t ttl = 0;
  SegmentFlags segment;
  std::uint16_t l3_offset = 0;  // from the start of the frame
  std::uint16_t l4_offset = 0;  // from the start of the frame, after IP options
  std::uint16_t l3_length = 0;  // IPv4 total length; what follows it in the frame is padding
  FlowKey key;                  // kFlow: the five-tuple; kIcmp: addresses, ports 0
};

// Judges the frame from the outside in; the first rule that it breaks names the
// drop reason:
//   kTruncated      shorter than an Ethernet header
//   kLooped         from our own MAC
//   kNotOurMac      neither to our MAC nor (ARP only) to the broadcast MAC
//   kEtherType      neither IPv4 nor ARP
//   kArp            not a well-formed ARP request or reply (arp.h)
//   kTruncated      ends inside the IPv4 header or before its total length
//   kIpHeader       not version 4, IHL below 5, total length below the header's
//   kIpChecksum     (not looked at if `checksum_known_good`: the device did)
//   kMartianSource  IsMartianSource(): 0/8, 127/8, a multicast group,
//                   255.255.255.255, or its own destination
//   kFragment       any fragment, before a port is read
//   kProtocol       not TCP, UDP or ICMP
//   kTcpHeader      less than 20 bytes, data offset below 5 or beyond the datagram
//   kTcpFlags       SYN with FIN or RST, or none of FIN SYN RST PSH ACK URG (P1)
//   kUdpHeader      less than 8 bytes, length below 8 or beyond the datagram
//   kIcmp           less than 8 bytes
// Bytes after the total length are padding: never read, no payload. Whether the
// destination address is one of ours is the stages' question.
ParsedPacket ParseFrame(FrameView frame, const MacAddress& own_mac,
                        bool checksum_known_good = false);

}  // namespace holdfast
