#include "control/live_configuration.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace holdfast {
namespace {

std::string Changes(const config::Difference& difference) {
  const std::size_t count = difference.changes.size();
  return absl::StrCat(count, count == 1 ? " change" : " changes");
}

std::string WhyRestart(const config::Difference& difference) {
  return absl::StrCat("only a restart of holdfastd can change ",
                      absl::StrJoin(difference.needs_restart, "; "), "; nothing has changed");
}

}  // namespace

LiveConfiguration::LiveConfiguration(config::BalancerConfig now, Parts parts)
    : now_(std::move(now)), parts_(std::move(parts)) {}

LiveConfiguration::Answer LiveConfiguration::Judge(const config::BalancerConfig& next) const {
  Answer answer;
  answer.difference = config::DifferenceOf(now_, next);
  if (!answer.difference.needs_restart.empty()) {
    answer.outcome = ApplyOutcome::kNeedsRestart;
    answer.explanation = WhyRestart(answer.difference);
  } else if (const auto room = parts_.directory->CheckRoom(next); !room.ok()) {
    answer.outcome = ApplyOutcome::kNoRoom;
    answer.explanation = absl::StrCat(room.message(), "; nothing has changed");
  } else if (!answer.difference.changes.empty()) {
    answer.outcome = ApplyOutcome::kApplied;
    answer.explanation = absl::StrCat(Changes(answer.difference), " can be applied");
  } else {
    answer.explanation = "no difference: this is the configuration that holds";
  }
  return answer;
}

LiveConfiguration::Answer LiveConfiguration::Apply(config::BalancerConfig next,
                                                   std::string_view by) {
  Answer answer = Judge(next);
  if (answer.outcome != ApplyOutcome::kApplied) {
    LogRefusal(answer, by);
    return answer;
  }
  parts_.meet_targets(next);
  // Judge() has seen that there is room.
  parts_.directory->Apply(next).IgnoreError();
  now_ = std::move(next);
  parts_.affinities->SetMaxDuration(now_.affinities.max_duration);
  parts_.affinities->SetQuota(now_.affinities.quota_per_target);
  // Before the workers get to know the new services: none of theirs is an orphan.
  answer.orphans = parts_.affinities->EndOrphans();
  parts_.publish();
  answer.explanation = absl::StrCat(Changes(answer.difference), " applied; ", answer.orphans,
                                    " affinities have lost their place and ended");
  for (const std::string& change : answer.difference.changes) spdlog::info("{}: {}", by, change);
  spdlog::info("{}: {}", by, answer.explanation);
  parts_.set_log_level(now_.log_level);
  return answer;
}

void LiveConfiguration::LogRefusal(const Answer& answer, std::string_view by) const {
  if (answer.outcome == ApplyOutcome::kUnchanged)
    spdlog::info("{}: {}", by, answer.explanation);
  else
    spdlog::error("{}: refused: {}", by, answer.explanation);
}

}  // namespace holdfast
