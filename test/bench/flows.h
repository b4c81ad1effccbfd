// Flows: different connections in random order, to look up and to insert.
#pragma once

#include <cstdint>
#include <vector>

#include "base/flow_key.h"
#include "base/ipv4_tuple.h"

namespace holdfast::bench {

enum class Family { kV4, kV6 };

// All different, also from those of another `first` as long as numbers differ:
// the flows first, first + 1 ... in an order that has nothing to do with the numbers.
std::vector<FlowKey> ShuffledFlows(Family family, std::uint32_t first, std::size_t count);

// Flows of different clients, from the same port, in random order.
std::vector<FlowKey> OnePerClient(Family family, std::size_t count);

// A five-tuple as others keep it: packed, no larger than its family needs. An
// Ipv4Tuple is the one of IPv4.
struct PackedV6 {
  IpAddress::Bytes client{};
  IpAddress::Bytes vip{};
  std::uint16_t ports[2] = {0, 0};
  std::uint32_t protocol = 0;
};
static_assert(sizeof(PackedV6) == 40);

template <typename Packed>
Packed PackedFrom(const FlowKey& flow);
template <>
Ipv4Tuple PackedFrom(const FlowKey& flow);
template <>
PackedV6 PackedFrom(const FlowKey& flow);

}  // namespace holdfast::bench
