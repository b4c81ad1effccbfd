// BalancingMethod: how a service places a connection request that nothing else decides (S).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace holdfast {

enum class BalancingMethod : std::uint8_t {
  kMaglev,            // a consistent hash of the five-tuple
  kRoundRobin,        // one after the other
  kLeastConnections,  // whoever has the fewest for its weight
  kReportedCapacity,  // as kMaglev, by the weights that targets report
  kSourceHash,        // a consistent hash of the client's address alone
  kHotStandby,        // the first rank that is usable; the others wait
};
// The names are an API.
inline constexpr std::array<std::string_view, 6> kBalancingMethodNames = {
    "maglev",      "round_robin", "least_connections", "reported_capacity",
    "source_hash", "hot_standby"};

constexpr std::string_view NameOf(BalancingMethod method) {
  return kBalancingMethodNames[static_cast<std::size_t>(method)];
}

}  // namespace holdfast
