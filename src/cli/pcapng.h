// Captured packets as a pcapng file, which wireshark and tcpdump read
// (draft-ietf-opsawg-pcapng): one section, its interfaces, then packets.
//
// Pure: bytes of blocks, to be written one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/mac_address.h"

namespace holdfast::pcapng {

// Section Header Block: a file begins with it. `writer`: which program this is.
std::string SectionHeader(std::string_view writer);

// Interface Description Block of an Ethernet port. The first one has number 0, the next one 1.
struct Interface {
  std::string_view name = {};
  std::optional<MacAddress> mac = std::nullopt;
  std::uint32_t snap = 0;  // at most so many bytes of each packet
};
std::string InterfaceDescription(const Interface& interface);

// Enhanced Packet Block of a packet that was received.
struct Packet {
  std::uint32_t interface = 0;
  std::uint64_t nanoseconds = 0;  // since 1970
  std::uint32_t length = 0;       // of the frame on the wire
  std::string_view bytes = {};    // its first ones
  std::string_view comment = {};  // for a person
};
std::string EnhancedPacket(const Packet& packet);

}  // namespace holdfast::pcapng
