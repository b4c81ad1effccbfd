// RingHash: the hash of a five-tuple that a ring is asked with.
//
// Seeded by configuration, never by a boot-time key: every appliance with the
// same seed gives the same tuple the same place, now and after a restart.
// Tables use their own, secret hash (tables/flow_hash.h).
#pragma once

#include <cstdint>

#include "balancing/stable_mix.h"
#include "base/flow_key.h"
#include "base/ipv4_tuple.h"

namespace holdfast {

std::uint64_t RingHash(const FlowKey& flow, std::uint64_t seed);
// Of a client's address alone: all that it opens has the same place.
std::uint64_t SourceHash(const IpAddress& client, std::uint64_t seed);

// The same for who has many flows: what is equal in all that are IPv4 is mixed once.
class RingHasher {
 public:
  explicit RingHasher(std::uint64_t seed)
      : seed_(seed), before_client_(StableMix(StableMix(seed) ^ kFirstWord)) {}

  [[nodiscard]] std::uint64_t Of(const FlowKey& flow) const { return RingHash(flow, seed_); }

  [[nodiscard]] std::uint64_t Of(const Ipv4Tuple& flow) const {
    const std::uint64_t client = StableMix(before_client_ ^ SecondWord(flow.client));
    const std::uint64_t vip = StableMix(StableMix(client ^ kFirstWord) ^ SecondWord(flow.vip));
    return StableMix(vip ^ PortsOf(flow));
  }

 private:
  // Of an IPv4-mapped address (ip_address.h).
  static constexpr std::uint64_t kFirstWord = 0;
  static std::uint64_t SecondWord(std::uint32_t address) {
    return 0xffff'0000'0000 | __builtin_bswap32(address);
  }
  static std::uint64_t PortsOf(const Ipv4Tuple& flow) {
    return std::uint64_t{__builtin_bswap16(flow.client_port)} << 32 |
           std::uint64_t{__builtin_bswap16(flow.vip_port)} << 16 |
           static_cast<std::uint64_t>(flow.protocol);
  }

  std::uint64_t seed_;
  std::uint64_t before_client_;
};

}  // namespace holdfast
