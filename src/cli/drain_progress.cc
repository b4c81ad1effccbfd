#include "cli/drain_progress.h"

#include <algorithm>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/json.h"
#include "cli/output.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(500);

std::string InWords(const v1::GetTargetResponse& left) {
  return absl::StrCat("target '", left.target().name(), "': ", left.connections(), " connections, ",
                      left.target().affinities(), " affinities left");
}

bool IsDrained(const v1::GetTargetResponse& left) {
  return left.connections() == 0 && left.target().affinities() == 0;
}

void Print(const v1::GetTargetResponse& left, const Invocation& invocation) {
  std::cout << (invocation.json ? ToJson(left) : InWords(left)) << std::endl;
}

}  // namespace

ExitCode WaitUntilDrained(const Connection& balancer, const std::string& target,
                          absl::Duration at_most, const Invocation& invocation) {
  v1::GetTargetRequest request;
  request.set_target(target);
  const absl::Time end = absl::Now() + at_most;
  std::string told;
  while (true) {
    const auto left = balancer.Call(&v1::AdminService::Stub::GetTarget, request);
    if (!left.ok()) return Complain(left.status());
    const std::string words = InWords(*left);
    const bool over = IsDrained(*left) || absl::Now() >= end;
    // JSON is one document: that of the end.
    if (invocation.json ? over : words != told) Print(*left, invocation);
    told = words;
    if (IsDrained(*left)) return ExitCode::kDone;
    if (over) {
      Say(absl::StrCat("not drained after ", absl::FormatDuration(at_most), ": ", words));
      return ExitCode::kRefused;
    }
    absl::SleepFor(std::min(kInterval, end - absl::Now()));
  }
}

}  // namespace holdfast::cli
