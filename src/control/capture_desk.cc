#include "control/capture_desk.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace holdfast {
namespace {

constexpr std::size_t kPacketsAtOnce = 256;
// Beyond its time, to take what has come.
constexpr absl::Duration kPatience = absl::Seconds(5);

}  // namespace

absl::StatusOr<std::uint64_t> CaptureDesk::Begin(const CaptureOrder& order,
                                                 const std::string& peer) {
  if (running_)
    return absl::ResourceExhaustedError(absl::StrCat(
        running_->peer, " captures since ", absl::FormatTime(running_->since), ", for ",
        absl::FormatDuration(running_->duration), " at most: one capture at a time"));
  if (order.filter.worker && Index(*order.filter.worker) >= sources_.workers)
    return absl::InvalidArgumentError(absl::StrCat("worker: ", Index(*order.filter.worker),
                                                   ": there are ", sources_.workers,
                                                   " workers, from 0 on"));
  running_ = {.number = ++last_number_,
              .peer = peer,
              .since = absl::Now(),
              .duration = order.duration,
              .since_cycles = sources_.cycles.now(),
              .begun = sources_.clock->Now(),
              .left = order.limits.count,
              .capture = &sources_.captures->Publish(
                  std::make_unique<Capture>(order.filter, order.limits, sources_.workers))};
  return running_->number;
}

CaptureDesk::Page CaptureDesk::Take(std::uint64_t number) {
  if (!running_ || running_->number != number) return {.packets = {}, .end = CaptureEnd::kTime};
  Page page;
  Capture& capture = *running_->capture;
  // First the time: what came before its end is all there to be taken below.
  const bool is_over = sources_.clock->Now() - running_->begun >= running_->duration;
  for (std::size_t i = 0; i < capture.workers(); ++i)
    capture.lane(WorkerId(i)).Drain(kPacketsAtOnce, [&](const CaptureRecord& record, auto bytes) {
      page.packets.push_back(Describe(record, WorkerId(i), bytes));
    });
  // Where packets come all the time, there would always be one more.
  if (is_over)
    std::erase_if(page.packets, [&](const CapturedPacket& packet) {
      return packet.received >= running_->since + running_->duration;
    });
  std::stable_sort(page.packets.begin(), page.packets.end(),
                   [](const auto& a, const auto& b) { return a.received < b.received; });
  if (page.packets.size() > running_->left) page.packets.resize(running_->left);
  running_->left -= page.packets.size();
  page.lost = capture.lost();
  if (running_->left == 0)
    page.end = CaptureEnd::kCount;
  else if (is_over && page.packets.empty())
    page.end = CaptureEnd::kTime;
  if (page.end) End(number);
  return page;
}

void CaptureDesk::End(std::uint64_t number) {
  if (!running_ || running_->number != number) return;
  sources_.captures->Withdraw();
  running_.reset();
}

void CaptureDesk::EndOverdue() {
  if (running_ && sources_.clock->Now() - running_->begun >= running_->duration + kPatience)
    End(running_->number);
}

CapturedPacket CaptureDesk::Describe(const CaptureRecord& record, WorkerId worker,
                                     std::span<const std::uint8_t> bytes) const {
  const double age =
      static_cast<double>(static_cast<std::int64_t>(record.cycles - running_->since_cycles)) /
      static_cast<double>(sources_.cycles.per_second);
  CapturedPacket packet{.received = running_->since + absl::Seconds(age),
                        .worker = worker,
                        .port = record.port,
                        .length = record.length,
                        .bytes = std::string(bytes.begin(), bytes.end()),
                        .verdict = record.verdict,
                        .target = "",
                        .service = ""};
  const CaptureVerdict& verdict = record.verdict;
  const Snapshot& snapshot = sources_.snapshots->Current();
  if (Index(verdict.service) < snapshot.services().size())
    packet.service = snapshot.service(verdict.service).name;
  if (!verdict.target) return packet;
  const TargetView* const target = snapshot.Find(*verdict.target);
  packet.target = target == nullptr ? "(a target that was removed)" : target->name;
  return packet;
}

}  // namespace holdfast
