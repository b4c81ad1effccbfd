#include "control/drain_watch.h"

#include <utility>

namespace holdfast {

bool DrainWatch::Tick() {
  const absl::Duration now = clock_.Now();
  std::map<TargetHandle, absl::Duration> began;
  bool any = false;
  for (const TargetHandle target : directory_.Draining()) {
    const auto known = began_.find(target);
    const absl::Duration since = known == began_.end() ? now : known->second;
    began.emplace(target, since);
    any |= directory_.NoteDrain(target, now - since);
  }
  began_ = std::move(began);
  return any;
}

}  // namespace holdfast
