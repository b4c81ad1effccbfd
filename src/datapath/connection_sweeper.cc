#include "datapath/connection_sweeper.h"

#include <algorithm>

namespace holdfast {
namespace {

// P7: a target that no snapshot will have again under this handle.
bool IsStale(const void* snapshot, TargetHandle target) {
  return static_cast<const Snapshot*>(snapshot)->Find(target) == nullptr;
}

std::uint64_t CyclesPerBucket(std::uint64_t cycles_per_second, std::size_t buckets) {
  const std::uint64_t pass = cycles_per_second * ConnectionSweeper::kSecondsPerPass;
  return std::max<std::uint64_t>(pass / buckets, 1);
}

}  // namespace

ConnectionSweeper::ConnectionSweeper(std::uint64_t cycles_per_second, ConnectionTable& connections,
                                     std::span<const ConnectionTable* const> all_connections,
                                     ClientWriter& clients, WorkerCounters& counters)
    : cycles_per_bucket_(CyclesPerBucket(cycles_per_second, connections.bucket_count())),
      connections_(connections),
      all_connections_(all_connections),
      clients_(clients),
      counters_(counters) {}

void ConnectionSweeper::Sweep(const Turn& turn) {
  if (const std::uint64_t buckets = BucketsDue(turn.cycles); buckets != 0)
    SweepSlice(buckets, turn);
}

std::uint64_t ConnectionSweeper::BucketsDue(std::uint64_t cycles) {
  const std::uint64_t due = (cycles - swept_until_) / cycles_per_bucket_;
  // What a worker falls behind, as in a sleep, is let go: the pass takes longer.
  swept_until_ = due <= kBucketsPerTurn ? swept_until_ + due * cycles_per_bucket_ : cycles;
  return std::min(due, kBucketsPerTurn);
}

void ConnectionSweeper::SweepSlice(std::uint64_t buckets, const Turn& turn) {
  if (version_of_pass_ == 0) version_of_pass_ = turn.snapshot->version();
  clients_.Follow(turn.now, turn.snapshot->longest_linger());
  if (at_clients_) {
    const auto is_gone = [&](TargetHandle target) { return IsStale(turn.snapshot, target); };
    if (!clients_.Sweep(buckets, is_gone)) return;
    at_clients_ = false;
  } else {
    if (!SweepTable(buckets, turn)) return;
    at_clients_ = clients_.table().size() != 0;
    if (at_clients_) return;
  }
  counters_.swept_version.Set(version_of_pass_);
  version_of_pass_ = 0;
}

bool ConnectionSweeper::SweepTable(std::uint64_t buckets, const Turn& turn) {
  connections_.SetLongestTimeouts(turn.snapshot->timeouts().longest());
  const auto result = connections_.Sweep(buckets, {.now = turn.now,
                                                   .is_stale = IsStale,
                                                   .context = turn.snapshot,
                                                   .timeouts = &turn.snapshot->timeouts(),
                                                   .all_tables = all_connections_});
  counters_.connections_expired.Add(result.expired);
  counters_.connections_stale.Add(result.stale);
  return result.pass_completed;
}

}  // namespace holdfast
