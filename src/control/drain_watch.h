// DrainWatch: how long targets have been draining, so that drain_deadline comes.
//
// Thread: the management loop.
#pragma once

#include <map>

#include "base/clock.h"
#include "control/target_directory.h"

namespace holdfast {

class DrainWatch {
 public:
  DrainWatch(const Clock& clock, TargetDirectory& directory)
      : clock_(clock), directory_(directory) {}

  // A drain begins with the first call that sees it. True when one has come to a
  // deadline: AffinityManager::EndOrphans() is due.
  bool Tick();

 private:
  const Clock& clock_;
  TargetDirectory& directory_;
  std::map<TargetHandle, absl::Duration> began_;
};

}  // namespace holdfast
