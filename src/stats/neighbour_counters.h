// What is counted of neighbours. Single writer: the management thread.
#pragma once

#include <array>
#include <string_view>

#include "stats/counter.h"

namespace holdfast {

// Why what was heard of a neighbour is not believed. The names are an API.
enum class UnbelievedClaim : std::uint8_t {
  kStatic,       // its MAC is configured
  kNoOverride,   // another MAC, said by one who is not sure (RFC 4861, 7.2.5)
  kOursClaimed,  // the address is ours
};
inline constexpr std::array<std::string_view, 3> kUnbelievedClaimNames = {"static", "no_override",
                                                                          "own_address"};

struct NeighbourCounters {
  std::array<Counter, 5> states;  // how many neighbours are in it now, by NeighbourState
  Counter questions;              // ARP requests and neighbour solicitations
  Counter announcements;          // of VIPs and own addresses
  std::array<Counter, kUnbelievedClaimNames.size()> unbelieved;  // by UnbelievedClaim
};

}  // namespace holdfast
