// AffinityManager: turns requests into affinities that every worker follows.
//
// The rules are affinity/affinity_book.h; this names services and targets, keeps
// the clock and writes the workers' tables. An answer is returned only after
// every worker's table has the change (A1), and a start that does not fit in one
// of them changes none (A9).
//
// Thread: the management loop.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "affinity/request.h"
#include "base/clock.h"
#include "control/target_directory.h"
#include "stats/control_counters.h"
#include "tables/affinity_table.h"

namespace holdfast {

class AffinityManager {
 public:
  struct Options {
    std::uint64_t capacity = 1'000'000;  // cells
    absl::Duration max_duration = absl::Hours(4);
  };
  AffinityManager(Options options, const Clock& clock, const TargetDirectory& directory,
                  std::vector<AffinityTable*> replicas, ControlCounters& counters);

  // `duration` zero or less: max_duration (A17).
  AffinityAnswer Start(const AffinitySelector& selector, const std::string& target,
                       absl::Duration duration);
  AffinityAnswer End(const AffinitySelector& selector, const std::string& target);

  // Ends what has run out (A18), at most `limit`; returns how many it ended.
  std::size_t ExpireDue(std::size_t limit);

  // Cells in order after `after` (exclusive; nullopt: from the beginning), at
  // most `limit` of them visited; `visit` gets those. Returns the last cell
  // visited, or nullopt at the end: so a long list never holds the loop.
  std::optional<AffinityCell> List(const std::optional<AffinityCell>& after, std::size_t limit,
                                   absl::FunctionRef<void(const AffinityListing&)> visit) const;

  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service) const;
  [[nodiscard]] std::uint64_t CountOf(TargetHandle target) const;
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service, TargetHandle target) const;
  [[nodiscard]] std::uint64_t size() const;
};

}  // namespace holdfast
