// AffinityManager: turns requests into affinities that every worker follows.
//
// The rules are affinity/affinity_book.h; this names services and targets, keeps
// the clock and writes the workers' tables. An answer is returned only after
// every worker's table has the change (A1), and a start that does not fit in one
// of them changes none (A9).
//
// Thread: the management loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "affinity/affinity_book.h"
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
  // REQUIRES: the replicas are empty, outlive this and have no other writer.
  AffinityManager(Options options, const Clock& clock, const TargetDirectory& directory,
                  const std::vector<AffinityTable*>& replicas, ControlCounters& counters);

  // `duration` zero or less: max_duration (A17).
  AffinityAnswer Start(const AffinitySelector& selector, const std::string& target,
                       absl::Duration duration);
  AffinityAnswer End(const AffinitySelector& selector, const std::string& target);
  // For later starts; what stands keeps its clock.
  void SetMaxDuration(absl::Duration max_duration) { book_.SetMaxDuration(max_duration); }

  // Ends every affinity that the directory has no place for any more: its service or
  // port is gone, or its owner is, or serves it no longer (A21). Returns how many ended.
  // Looks at all of them when the directory lost something. To be called after each of
  // its Apply(), before anything else here: a free slot may become another service's.
  std::size_t EndOrphans();
  // Ends what has run out (A18), at most `limit`; returns how many it ended.
  std::size_t ExpireDue(std::size_t limit);

  // Cells in order after `after` (exclusive; nullopt: from the beginning), at
  // most `limit` of them visited; `visit` gets those. Returns the last cell
  // visited, or nullopt at the end: so a long list never holds the loop.
  std::optional<AffinityCell> List(const std::optional<AffinityCell>& after, std::size_t limit,
                                   absl::FunctionRef<void(const AffinityListing&)> visit) const;

  // The affinities of a connection request that names both its ports, most specific first
  // (P2): whose owner may not take it, is passed over for the next one.
  [[nodiscard]] std::vector<AffinityListing> MatchedBy(const AffinityCell& request) const;

  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service) const { return book_.CountOf(service); }
  [[nodiscard]] std::uint64_t CountOf(TargetHandle target) const { return book_.CountOf(target); }
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service, TargetHandle target) const {
    return book_.CountOf(service, target);
  }
  [[nodiscard]] std::uint64_t size() const { return book_.size(); }

 private:
  // What a selector means for a target: cells are the product of both lists.
  struct Resolved {
    std::vector<std::pair<ServiceSlot, std::uint16_t>> services;  // 0: as a whole
    std::vector<std::uint16_t> client_ports;                      // {0}: any
    std::string refusal;                                          // why there are none, or ""
    [[nodiscard]] std::uint64_t CellCount() const { return services.size() * client_ports.size(); }
    [[nodiscard]] std::vector<AffinityCell> Cells(const IpAddress& client) const;
  };
  // A start needs services that the target serves (A7); an end may name any, so
  // that it is told who holds it (A15).
  [[nodiscard]] Resolved ResolveStart(const AffinitySelector& selector,
                                      const std::string& target) const;
  [[nodiscard]] Resolved ResolveEnd(const AffinitySelector& selector,
                                    const std::string& target) const;

  AffinityAnswer JudgeAndStart(const AffinitySelector& selector, const std::string& target,
                               absl::Duration duration);
  AffinityAnswer JudgeAndEnd(const AffinitySelector& selector, const std::string& target);
  // Counts the answer by its outcome.
  AffinityAnswer Counted(AffinityAnswer answer);
  [[nodiscard]] AffinityAnswer Full(std::uint64_t cells) const;

  // Nothing when the affinity still has its place.
  [[nodiscard]] std::optional<OrphanReason> WhyOrphaned(const AffinityCell& cell,
                                                        TargetHandle owner) const;
  // All replicas or none. REQUIRES: none has one of `cells`.
  bool InsertIntoReplicas(const std::vector<AffinityCell>& cells, TargetHandle owner);
  void EraseFromReplicas(const std::vector<AffinityCell>& cells);
  [[nodiscard]] AffinityListing Describe(const AffinityBook::Standing& standing) const;

  const std::uint64_t capacity_;
  const Clock& clock_;
  const TargetDirectory& directory_;
  std::vector<AffinityTable::Writer> replicas_;  // the only writers while this lives
  ControlCounters& counters_;
  AffinityBook book_;
  std::uint64_t losses_seen_;  // of the directory
};

}  // namespace holdfast
