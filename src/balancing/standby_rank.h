// ActiveRank: which rank of a hot-standby service is at work.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace holdfast {

// A target that may take new connections.
struct StandbyCandidate {
  std::uint32_t rank = 0;  // the lowest one works; equal ones share
  bool is_active = false;  // it is at work now
};

// `switch_back`: as soon as a better rank is there again, it takes over; otherwise who is
// at work stays so while it can. Nothing without a candidate.
std::optional<std::uint32_t> ActiveRank(std::span<const StandbyCandidate> candidates,
                                        bool switch_back);

}  // namespace holdfast
