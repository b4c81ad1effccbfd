// LoadReports: what targets report of their capacity, while it is valid; for services whose
// method is reported_capacity.
//
// A report is followed at the next Tick(), so that many of them make one change.
//
// Thread: the management loop.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control/target_directory.h"

namespace holdfast {

class LoadReports {
 public:
  static constexpr absl::Duration kLongest = absl::Hours(1);

  LoadReports(const Clock& clock, TargetDirectory& directory)
      : clock_(clock), directory_(directory) {}

  // `capacity` of kWholeCapacity, for `valid_for`; kLongest if that is zero or longer.
  // Takes the place of the target's last report. Returns for how long it is valid.
  // NOT_FOUND names the target.
  absl::StatusOr<absl::Duration> Take(const std::string& target, std::uint32_t capacity,
                                      absl::Duration valid_for);
  // Follows what was reported and has run out since the last call. True when a new
  // snapshot is due.
  bool Tick();

 private:
  struct Report {
    std::uint32_t capacity = 0;
    absl::Duration ends;
  };

  const Clock& clock_;
  TargetDirectory& directory_;
  std::map<TargetHandle, Report> reports_;
  bool changed_ = false;
};

}  // namespace holdfast
