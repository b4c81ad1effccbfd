#include "control/load_reports.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/no_such_name.h"

namespace holdfast {

absl::StatusOr<absl::Duration> LoadReports::Take(const std::string& target, std::uint32_t capacity,
                                                 absl::Duration valid_for) {
  const auto handle = directory_.FindTarget(target);
  if (!handle) return absl::NotFoundError(absl::StrCat("no target is called '", target, "'"));
  const bool no_time = valid_for <= absl::ZeroDuration();
  const absl::Duration granted = no_time ? kLongest : std::min(valid_for, kLongest);
  reports_[*handle] = {capacity, clock_.Now() + granted};
  changed_ = true;
  return granted;
}

bool LoadReports::Tick() {
  const absl::Duration now = clock_.Now();
  const std::size_t ended = std::erase_if(reports_, [&](const auto& entry) {
    return entry.second.ends <= now || !directory_.Has(entry.first);
  });
  if (!std::exchange(changed_, false) && ended == 0) return false;
  std::map<TargetHandle, std::uint32_t> capacities;
  for (const auto& [target, report] : reports_) capacities.emplace(target, report.capacity);
  return directory_.SetCapacities(capacities);
}

}  // namespace holdfast
