#include <string>

#include "absl/strings/str_cat.h"
#include "base/ids.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

constexpr absl::string_view kWhyOwnCore =
    "but a worker with poll: busy never sleeps and needs a core of its own "
    "(poll: adaptive may share)";

std::vector<unsigned> CheckedWorkers(const v1::Cores& cores, MistakeLog& log) {
  if (!log.Has("cores.workers")) return Cores().workers;
  if (cores.workers().empty() && !log.IsSpoiled("cores.workers"))
    log.Add("cores.workers", "", "must name the core of at least one worker");
  if (static_cast<std::size_t>(cores.workers_size()) > kMaxWorkers)
    log.Add("cores.workers", absl::StrCat(cores.workers_size(), " workers"),
            absl::StrCat("at most ", kMaxWorkers, " are possible"));
  return {cores.workers().begin(), cores.workers().end()};
}

// The name of what has the core of worker `at` too, "" when nothing has.
std::string OtherOnCoreOf(std::size_t at, const Cores& cores, const MistakeLog& log) {
  if (cores.workers[at] == cores.management && !log.IsSpoiled("cores.management"))
    return "cores.management";
  for (std::size_t i = 0; i < at; ++i) {
    const std::string other = ElementPath("cores.workers", i);
    if (cores.workers[at] == cores.workers[i] && !log.IsSpoiled(other)) return other;
  }
  return "";
}

void CheckOwnCores(const Cores& cores, MistakeLog& log) {
  for (std::size_t i = 0; i < cores.workers.size(); ++i) {
    const std::string field = ElementPath("cores.workers", i);
    const std::string other = OtherOnCoreOf(i, cores, log);
    if (!other.empty())
      log.Add(field, absl::StrCat(cores.workers[i]),
              absl::StrCat("is the core of ", other, " too, ", kWhyOwnCore));
  }
}

}  // namespace

Eal CheckedEal(const v1::Eal& eal, MistakeLog& log) {
  Eal checked;
  if (eal.has_huge_pages()) checked.huge_pages = eal.huge_pages();
  if (eal.has_in_memory()) checked.in_memory = eal.in_memory();
  if (eal.has_memory_mb())
    checked.memory_mb = static_cast<std::uint32_t>(
        BoundedNumber("eal.memory_mb", eal.memory_mb(), {32, 1 << 20}, log));
  checked.extra_args.assign(eal.extra_args().begin(), eal.extra_args().end());
  return checked;
}

Cores CheckedCores(const v1::Cores& cores, MistakeLog& log) {
  Cores checked;
  if (cores.has_management()) checked.management = cores.management();
  checked.workers = CheckedWorkers(cores, log);
  checked.poll = cores.poll() == v1::Cores::POLL_ADAPTIVE ? Poll::kAdaptive : Poll::kBusy;
  checked.max_sleep = BoundedDuration("cores.max_sleep", cores.max_sleep(), checked.max_sleep,
                                      {absl::Microseconds(50), absl::Milliseconds(10)}, log);
  checked.spread = cores.spread() == v1::Cores::SPREAD_SYMMETRIC   ? Spread::kSymmetric
                   : cores.spread() == v1::Cores::SPREAD_ADDRESSES ? Spread::kAddresses
                                                                   : Spread::kFlow;
  if (checked.poll == Poll::kBusy && !log.IsSpoiled("cores.poll")) CheckOwnCores(checked, log);
  return checked;
}

}  // namespace holdfast::config
