#include "telemetry/metric_source.h"

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "stats/worker_families.h"
#include "telemetry/balancing_families.h"
#include "telemetry/control_families.h"
#include "telemetry/health_families.h"
#include "telemetry/table_families.h"

namespace holdfast {
namespace {

void Append(std::vector<Family> more, std::vector<Family>& families) {
  std::move(more.begin(), more.end(), std::back_inserter(families));
}

// What the loop leaves for the one who waits, or no longer does.
class LoopAnswer {
 public:
  void Give(std::vector<Family> families) {
    {
      const std::lock_guard lock(mutex_);
      families_ = std::move(families);
    }
    given_.notify_one();
  }
  // Nothing, when it is not given in time.
  std::vector<Family> WaitFor(absl::Duration patience) {
    std::unique_lock lock(mutex_);
    given_.wait_for(lock, absl::ToChronoNanoseconds(patience),
                    [this] { return families_.has_value(); });
    return std::move(families_).value_or(std::vector<Family>());
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<std::vector<Family>> families_;  // guarded by mutex_
};

}  // namespace

class MetricSource::Gathering {
 public:
  explicit Gathering(Sources sources)
      : sources_(std::move(sources)), names_(SlotNamesOf(*sources_.directory)) {}

  [[nodiscard]] ManagementLoop& loop() const { return *sources_.loop; }

  // On the loop; notes the names for FromAnyThread().
  std::vector<Family> FromLoop() {
    SlotNames names = SlotNamesOf(*sources_.directory);
    {
      const std::lock_guard lock(mutex_);
      names_ = std::move(names);
    }
    auto families = TargetFamilies(*sources_.directory, *sources_.affinities);
    Append(BalancingFamilies(*sources_.directory), families);
    if (sources_.health != nullptr) Append(HealthFamilies(*sources_.health), families);
    return families;
  }

  [[nodiscard]] std::vector<Family> FromAnyThread() const {
    std::vector<Family> families{BuildInfo()};
    const SlotNames names = Names();
    Append(WorkerFamilies(sources_.workers, names), families);
    Append(TableFamilies(sources_.connection_tables, names), families);
    if (sources_.clients != nullptr) Append(ClientFamilies(*sources_.clients), families);
    Append(ControlFamilies(*sources_.control_counters, sources_.affinities_capacity), families);
    if (sources_.extra) Append(sources_.extra(), families);
    return families;
  }

 private:
  [[nodiscard]] SlotNames Names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }
  [[nodiscard]] Family BuildInfo() const {
    return {"holdfast_build_info",
            "Always 1; the labels say which Holdfast this is, and on which DPDK it stands.",
            MetricKind::kGauge,
            {{{{"version", sources_.version}, {"dpdk", sources_.dpdk_version}}, 1}}};
  }

  const Sources sources_;
  mutable std::mutex mutex_;
  SlotNames names_;  // guarded by mutex_
};

MetricSource::MetricSource(Sources sources)
    : gathering_(std::make_shared<Gathering>(std::move(sources))) {}

std::vector<Family> MetricSource::GatherOnLoop() const {
  std::vector<Family> families = gathering_->FromLoop();
  Append(gathering_->FromAnyThread(), families);
  return families;
}

std::vector<Family> MetricSource::Gather() const {
  const auto answer = std::make_shared<LoopAnswer>();
  const bool posted = gathering_->loop().Post(
      [gathering = gathering_, answer] { answer->Give(gathering->FromLoop()); });
  std::vector<Family> families;
  if (posted) families = answer->WaitFor(kPatience);
  Append(gathering_->FromAnyThread(), families);
  return families;
}

}  // namespace holdfast
