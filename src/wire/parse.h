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
  kFlow,           // TCP or UDP; a first fragment of it, too
  kLaterFragment,  // of either: it has no ports
  kArp,
  kIcmp,    // over IPv4
  kIcmpV6,  // over IPv6
  kDrop,
};

struct ParsedPacket {
  PacketKind kind = PacketKind::kDrop;
  DropReason drop = DropReason::kTruncated;  // valid when kind == kDrop
  std::uint8_t ttl = 0;                      // or hop limit
  SegmentFlags segment;
  bool is_fragment = false;       // the first one, or a later one
  std::uint32_t fragment_id = 0;  // the same for all of a datagram, with addresses and protocol
  std::uint16_t l3_offset = 0;    // from the start of the frame
  std::uint16_t l4_offset = 0;    // from the start of the frame, after IP options or extensions
  std::uint16_t l3_length = 0;    // of the IP packet; what follows it in the frame is padding
  // kFlow: the five-tuple; kLaterFragment: without ports; kIcmp, kIcmpV6: addresses
  FlowKey key;
};

// Judges the frame from the outside in; the first rule that it breaks names the
// drop reason:
//   kTruncated      shorter than an Ethernet header
//   kLooped         from our own MAC
//   kNotOurMac      neither to our MAC nor (ARP only) to the broadcast MAC nor (IPv6 only) to
//                   that of all nodes or of a solicited-node group (RFC 4291, 2.7.1)
//   kEtherType      neither IPv4 nor IPv6 nor ARP
//   kArp            not a well-formed ARP request or reply (arp.h)
//   kTruncated      ends inside the IP header or before its length
//   kIpHeader       not version 4 or 6, IHL below 5, total length below the header's
//   kIpChecksum     (not looked at if `checksum_known_good`: the device did)
//   kMartianSource  IsMartianSource() (base/own_address.h), but for ICMPv6 from ::; IPv6 to an
//                   IPv4-mapped address
//   kIpv6Extension  more than eight extension headers, one that goes beyond the packet, a
//                   hop-by-hop header that is not the first, a routing header with segments
//                   left (RFC 5095, RFC 8200)
//   kFragment       of ICMP; one that ends beyond 65535 bytes; a later one of TCP that begins
//                   inside its header (RFC 3128)
//   kProtocol       not TCP, UDP or the ICMP of its family
//   kTcpHeader      less than 20 bytes, data offset below 5 or beyond the datagram or fragment
//   kTcpFlags       SYN with FIN or RST, or none of FIN SYN RST PSH ACK URG (P1)
//   kUdpHeader      less than 8 bytes, length below 8 or (no fragment) beyond the datagram
//   kIcmp           less than 8 bytes
// Bytes after the IP packet are padding: never read, no payload. Whether the
// destination address is one of ours is the stages' question.
ParsedPacket ParseFrame(FrameView frame, const MacAddress& own_mac,
                        bool checksum_known_good = false);

}  // namespace holdfast
