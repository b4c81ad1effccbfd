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
#include "control/selector_cells.h"
#include "control/target_directory.h"
#include "stats/control_counters.h"
#include "tables/affinity_table.h"

namespace holdfast {

class AffinityManager {
 public:
  struct Options {
    std::uint64_t capacity = 1'000'000;  // cells
    absl::Duration max_duration = absl::Hours(4);
    std::uint64_t quota_per_target = 0;  // cells; 0: no limit of its own
  };
  // REQUIRES: the replicas are empty, outlive this and have no other writer.
  AffinityManager(const Options& options, const Clock& clock, const TargetDirectory& directory,
                  const std::vector<AffinityTable*>& replicas, ControlCounters& counters);

  AffinityAnswer Start(const AffinitySelector& selector, const std::string& target,
                       const AffinityTerms& terms);
  AffinityAnswer End(const AffinitySelector& selector, const std::string& target,
                     bool allow_partial = false);
  // For later starts; what stands keeps its clock.
  void SetMaxDuration(absl::Duration max_duration) { book_.SetMaxDuration(max_duration); }
  void SetQuota(std::uint64_t quota_per_target) { book_.SetQuota(quota_per_target); }

  // An end that takes with it every affinity of the same owner inside the selector (A13), in
  // slices, so that nobody waits for it.
  class WideEnd {
   public:
    WideEnd(AffinitySelector selector, std::string target, bool allow_partial)
        : selector_(std::move(selector)),
          target_(std::move(target)),
          allow_partial_(allow_partial) {}

   private:
    friend class AffinityManager;
    const AffinitySelector selector_;
    const std::string target_;
    const bool allow_partial_;
    std::optional<AffinityAnswer> exact_;  // what became of the selector's own cells
    RecordId next_ = 0;
    std::uint64_t ended_ = 0;
  };
  // Looks at `limit` affinities. Nothing: call it again.
  std::optional<AffinityAnswer> Continue(WideEnd& end, std::size_t limit);

  // Ends every affinity that the directory has no place for any more: its service or
  // port is gone, or its owner is, or serves it no longer (A21). Returns how many ended.
  // When the directory lost something it looks at each pair of service and owner, and at
  // the affinities that end. To be called after each of its Apply(), before anything else
  // here: a free slot may become another service's.
  std::size_t EndOrphans();
  // Ends what has run out (A18) and was not extended meanwhile (A19), at most `limit`;
  // returns how many it ended. Also tells the workers what second it is: to be called
  // several times a second.
  std::size_t ExpireDue(std::size_t limit);

  // The affinities with `limit` numbers from `from` on (0: the first), holes as well;
  // returns where to go on, or kNoRecord: so a long list never holds the loop.
  RecordId List(RecordId from, std::size_t limit,
                absl::FunctionRef<void(const AffinityListing&)> visit) const;

  // What a connection request that names both its ports lies in, in the order in which it
  // wins (P2), holes as well.
  struct Match {
    AffinityListing listing;
    TargetHandle owner;
    bool excluded = false;  // its owner cut the request out of it
  };
  [[nodiscard]] std::vector<Match> MatchedBy(const AffinityCell& request) const;

  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service) const { return book_.CountOf(service); }
  [[nodiscard]] std::uint64_t CountOf(TargetHandle target) const { return book_.CountOf(target); }
  [[nodiscard]] std::uint64_t CountOf(ServiceSlot service, TargetHandle target) const {
    return book_.CountOf(service, target);
  }
  // Affinities and holes.
  [[nodiscard]] std::uint64_t size() const { return book_.size(); }

 private:
  AffinityAnswer JudgeAndStart(const AffinitySelector& selector, const std::string& target,
                               const AffinityTerms& terms);
  AffinityAnswer JudgeAndEnd(const AffinitySelector& selector, const std::string& target,
                             bool allow_partial);
  // Counts the answer by its outcome.
  AffinityAnswer Counted(AffinityAnswer answer);
  [[nodiscard]] AffinityAnswer NoRoom(AffinityOutcome outcome, std::uint64_t cells,
                                      const std::string& target) const;
  [[nodiscard]] AffinityAnswer ConcludeWideEnd(const WideEnd& end) const;
  [[nodiscard]] bool Extends(const AffinityCell& cell, const AffinityTerms& terms) const;

  // Nothing when the affinities of the pair have their place; those of a port may not.
  [[nodiscard]] std::optional<OrphanReason> WhyOrphaned(ServiceSlot slot, TargetHandle owner) const;
  void FindOrphansOf(ServiceSlot slot, TargetHandle owner, std::vector<AffinityCell>& orphans);

  struct Entry {
    AffinityCell cell;
    bool extends = false;
  };
  // All replicas or none. REQUIRES: none has one of them.
  bool InsertIntoReplicas(const std::vector<Entry>& entries, TargetHandle owner);
  void Follow(const AffinityBook::Losses& losses);
  [[nodiscard]] AffinityListing Describe(const AffinityBook::Standing& standing) const;

  const Clock& clock_;
  const TargetDirectory& directory_;
  std::vector<AffinityTable::Writer> replicas_;  // the only writers while this lives
  ControlCounters& counters_;
  AffinityBook book_;
  std::uint64_t losses_seen_;  // of the directory
};

}  // namespace holdfast
