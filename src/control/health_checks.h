// HealthChecks: when which target is checked for which service, and what results in a row mean.
//
// Each pair of a service with `health` and one of its targets is checked by itself. It begins
// as up, so that a restart empties no service; its first check is at once, those of one
// service's targets spread over its interval. `fall` failures in a row make it down, `rise`
// successes up. A pair has one check at a time.
//
// Thread: the management loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "config/balancer_config.h"
#include "control/target_directory.h"
#include "health/probe.h"

namespace holdfast {

class HealthChecks {
 public:
  struct Parts {
    // Makes one check; its result comes to Take(), later.
    std::function<void(const ProbeOrder&)> start;
    // A target has become up or down for a service.
    std::function<void(const std::string& service, const std::string& target, Health)> found;
  };
  struct Pair {
    ProbeOrder order;         // its id is the pair's
    std::uint32_t place = 0;  // among the service's targets, 0 to 999: the part of the interval
    bool up = true;
    bool checked = false;      // at least once
    std::uint32_t row = 0;     // results in a row that say otherwise
    std::string last_failure;  // why the last check failed; "": it did not
    std::array<std::uint64_t, kProbeOutcomeNames.size()> results{};
    absl::Duration due;  // its next check
    bool running = false;
  };
  using Name = std::pair<std::string, std::string>;  // service and target

  // `directory` outlives it.
  HealthChecks(const Clock& clock, TargetDirectory& directory, Parts parts)
      : clock_(clock), directory_(directory), parts_(std::move(parts)) {}

  // From now on the pairs are those of `config`, which the directory has applied. Pairs that
  // were there keep what was found out; with other settings they are checked at once. Who is
  // checked no longer is up again: true when that changes the directory, and a new snapshot is
  // due.
  bool Follow(const config::BalancerConfig& config);
  // Starts the checks that are due.
  void Tick();
  // What came of one. Those of pairs that are gone say nothing.
  void Take(const ProbeResult& result);

  // nullptr: it is not checked.
  [[nodiscard]] const Pair* Find(const std::string& service, const std::string& target) const;
  [[nodiscard]] const std::map<Name, Pair>& pairs() const { return pairs_; }

 private:
  void Put(const Name& name, Pair next, std::map<Name, Pair>& pairs);
  void Schedule(Pair& pair, absl::Duration due);
  void Judge(const Name& name, Pair& pair, const ProbeResult& result);

  const Clock& clock_;
  TargetDirectory& directory_;
  const Parts parts_;
  std::uint64_t last_id_ = 0;
  std::map<Name, Pair> pairs_;
  std::map<std::uint64_t, Name> names_;                     // by id
  std::set<std::pair<absl::Duration, std::uint64_t>> due_;  // of pairs without a running check
};

}  // namespace holdfast
