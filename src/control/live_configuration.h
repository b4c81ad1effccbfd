// LiveConfiguration: the configuration that holds now, and how another one takes its
// place: as a whole, in one snapshot, or not at all.
//
// Thread: the management loop.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/balancer_config.h"
#include "config/difference.h"
#include "control/affinity_manager.h"
#include "control/target_directory.h"

namespace holdfast {

enum class ApplyOutcome : std::uint8_t {
  kApplied,       // every batch that a worker receives from now on is judged by it
  kUnchanged,     // it is what holds already
  kNeedsRestart,  // something in it cannot change while the balancer runs
  kNoRoom,        // slots of what was removed are not free yet
};

class LiveConfiguration {
 public:
  struct Parts {
    TargetDirectory* directory = nullptr;
    AffinityManager* affinities = nullptr;
    // Finds out how to reach targets that are about to come: the first connection that
    // one gets must not wait for ARP. May take a moment.
    std::function<void(const config::BalancerConfig&)> meet_targets;
    // Every batch that a worker receives after this returned follows the directory.
    std::function<void()> publish;
    std::function<void(config::LogLevel)> set_log_level;
  };
  struct Answer {
    ApplyOutcome outcome = ApplyOutcome::kUnchanged;
    config::Difference difference;
    std::size_t orphans = 0;  // kApplied: affinities that ended
    std::string explanation;  // one sentence
  };

  // `now` is what `parts` were made of.
  LiveConfiguration(config::BalancerConfig now, Parts parts);

  [[nodiscard]] const config::BalancerConfig& now() const { return now_; }

  // What Apply() would answer; changes nothing.
  [[nodiscard]] Answer Judge(const config::BalancerConfig& next) const;
  // Puts `next`, a validated configuration, in the place of the one that holds, and
  // logs what changed, and by whom: "config apply of balancer.yaml". kNeedsRestart and
  // kNoRoom have changed nothing. States that an operator set (drained) stay.
  Answer Apply(config::BalancerConfig next, std::string_view by);

 private:
  void LogRefusal(const Answer& answer, std::string_view by) const;

  config::BalancerConfig now_;
  const Parts parts_;
};

}  // namespace holdfast
