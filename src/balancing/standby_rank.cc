#include "balancing/standby_rank.h"

#include <algorithm>

namespace holdfast {

std::optional<std::uint32_t> ActiveRank(std::span<const StandbyCandidate> candidates,
                                        bool switch_back) {
  std::optional<std::uint32_t> best;
  std::optional<std::uint32_t> at_work;
  for (const StandbyCandidate& candidate : candidates) {
    best = std::min(best.value_or(candidate.rank), candidate.rank);
    if (candidate.is_active) at_work = std::min(at_work.value_or(candidate.rank), candidate.rank);
  }
  return switch_back || !at_work ? best : at_work;
}

}  // namespace holdfast
