// Neighbour discovery for tests:
// NeighbourSolicitation().From("2001:db8::7").Target("2001:db8::1").Build()
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "support/frame.h"

namespace holdfast {

// Without knobs, a solicitation: who has 2001:db8::1, tell 2001:db8::7 at kClientMac; to the
// group of the target. An advertisement: 2001:db8::7 is at kClientMac, solicited, to 2001:db8::1
// at kBalancerMac. Written byte by byte from RFC 4861, without src/wire/.
class NeighbourBuilder {
 public:
  explicit NeighbourBuilder(std::uint8_t type);

  // Of the frame; the source is the MAC of the option as well.
  NeighbourBuilder& Macs(const MacAddress& source, const MacAddress& destination);
  NeighbourBuilder& From(std::string_view source);
  NeighbourBuilder& To(std::string_view destination);
  // A solicitation goes to its group, unless To() comes after this.
  NeighbourBuilder& Target(std::string_view target);
  NeighbourBuilder& HopLimit(std::uint8_t hop_limit);
  NeighbourBuilder& Code(std::uint8_t code);
  NeighbourBuilder& Checksum(std::uint16_t checksum);
  NeighbourBuilder& Flags(std::uint32_t flags);
  NeighbourBuilder& Options(const Frame& options);  // instead of the MAC's
  NeighbourBuilder& MessageCutTo(std::size_t length);

  [[nodiscard]] Frame Build() const;

 private:
  [[nodiscard]] Frame Message() const;

  std::uint8_t type_;
  MacAddress source_mac_ = kClientMac;
  MacAddress destination_mac_ = kBalancerMac;
  IpAddress source_;
  IpAddress destination_;
  IpAddress target_;
  std::uint8_t hop_limit_ = 255;
  std::uint8_t code_ = 0;
  std::optional<std::uint16_t> checksum_;
  std::uint32_t flags_ = 0;
  std::optional<Frame> options_;
  std::optional<std::size_t> cut_to_;
};

inline NeighbourBuilder NeighbourSolicitation() { return NeighbourBuilder(135); }
inline NeighbourBuilder NeighbourAdvertisement() { return NeighbourBuilder(136); }

inline constexpr std::uint32_t kSolicitedFlag = 0x40000000;
inline constexpr std::uint32_t kOverrideFlag = 0x20000000;

// The option that names a MAC: type 1 of a source, 2 of a target.
Frame LinkAddressOption(unsigned type, const MacAddress& mac);

}  // namespace holdfast
