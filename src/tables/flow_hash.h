// FlowHash: 128 bits of a keyed hash, the only thing that tables know a key by.
//
// The key is drawn at random when the process starts, so nobody outside can
// choose addresses that share a bucket or a fingerprint. AES rounds: in hardware
// where the processor has them, the same values in software where not.
#pragma once

#include <cstdint>
#include <span>

#include "base/flow_key.h"
#include "base/ipv4_tuple.h"

namespace holdfast {

struct FlowHash {
  std::uint64_t bucket = 0;       // chooses the home bucket; any value
  std::uint64_t fingerprint = 0;  // stands for the key; never 0
  friend bool operator==(const FlowHash&, const FlowHash&) = default;
};

// Flows that are IPv6, in parts: their addresses, and Ipv4Tuple::InPlaceOf(). As many of each.
struct Ipv6Flows {
  std::span<const IpAddress> clients;
  std::span<const IpAddress> vips;
  std::span<const Ipv4Tuple> in_place;

  [[nodiscard]] Ipv6Flows Subspan(std::size_t first, std::size_t count) const {
    return {clients.subspan(first, count), vips.subspan(first, count),
            in_place.subspan(first, count)};
  }
};

struct HashKey {
  std::uint64_t words[2] = {0, 0};
  // From the kernel's random generator.
  static HashKey Random();
};

// Hashes keys[i] into hashes[i]. IPv4 costs one block, IPv6 three.
// REQUIRES: both spans have the same size.
void HashFlows(const HashKey& key, std::span<const FlowKey> keys, std::span<FlowHash> hashes);
// A tuple's hash is that of the FlowKey that it is.
void HashIpv4Flows(const HashKey& key, std::span<const Ipv4Tuple> flows,
                   std::span<FlowHash> hashes);
// The same, of IPv6.
void HashIpv6Flows(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes);
FlowHash HashFlow(const HashKey& key, const FlowKey& flow);
// Equal if hashes are: the same key, and the same way to hash.
std::uint64_t HashCheck(const HashKey& key);

// The implementations for processors without AES; any processor can run them.
void HashFlowsPortable(const HashKey& key, std::span<const FlowKey> keys,
                       std::span<FlowHash> hashes);
void HashIpv4FlowsPortable(const HashKey& key, std::span<const Ipv4Tuple> flows,
                           std::span<FlowHash> hashes);
void HashIpv6FlowsPortable(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes);

}  // namespace holdfast
