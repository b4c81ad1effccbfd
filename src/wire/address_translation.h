// What nat changes in packets (RFC 3022, RFC 5508, RFC 6146 3.5 without a change of family):
// addresses, ports, hop limit, and checksums by what the others differ (RFC 1624).
//
// Any thread. All of it takes a whole IP packet at `ip`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/flow_key.h"
#include "wire/icmp_error.h"

namespace holdfast {

// How one side of a connection sees it, in the direction of a packet. Both addresses are of one
// family.
struct Ends {
  IpAddress source;
  IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;

  // In the other direction.
  [[nodiscard]] Ends Back() const { return {destination, source, destination_port, source_port}; }
};

// How the sums (RFC 1071) of what has the one ends and of what has the others differ.
struct EndsDifference {
  std::uint16_t addresses = 0;
  std::uint16_t all = 0;  // with ports

  static EndsDifference Between(const Ends& before, const Ends& after);
  // From `after` to `before`, and so of packets in the other direction, too: a sum has no order.
  [[nodiscard]] EndsDifference Inverse() const {
    return {static_cast<std::uint16_t>(~addresses), static_cast<std::uint16_t>(~all)};
  }
};

// Where its upper layer is, and which: known to who has parsed the packet.
struct PacketPlace {
  std::uint8_t* ip = nullptr;
  bool is_ipv4 = true;
  std::uint8_t protocol = 0;
  std::size_t upper = 0;  // offset of its header from `ip`
};

// False when its hop limit is used up, and nothing has changed; else it is one less.
bool SpendHop(const PacketPlace& packet);
// TCP or UDP, whole or a first fragment. A UDP checksum that there is not stays none.
void SetEnds(const PacketPlace& packet, const Ends& ends, EndsDifference difference);
// A later fragment: it has addresses alone.
void SetAddresses(const PacketPlace& packet, const Ends& ends, EndsDifference difference);

// An ICMP error about a packet, which gets `quoted` for ends (`difference` from those that it
// has); the error itself gets `source` and `destination`.
// REQUIRES: `error` is what ParseIcmpError() found in it; `length` is of the IP packet.
void SetEndsOfError(const PacketPlace& packet, std::size_t length, const QuotedPacket& error,
                    const Ends& quoted, EndsDifference difference, const IpAddress& source,
                    const IpAddress& destination);

// A SYN, of either side, announces no longer segments than that (RFC 9293, 3.7.1): who sends
// them would not be told by a router. `length`: of the TCP header with its options.
void LimitMss(std::uint8_t* tcp, std::size_t length, std::uint16_t most);

}  // namespace holdfast
