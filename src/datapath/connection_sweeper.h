// ConnectionSweeper: looks at a worker's whole connection table again and again,
// a few buckets a turn, so that what has idled out or lost its target is freed; after it
// each time, if it has entries, at the worker's share of the table of clients.
//
// Thread: the worker.
#pragma once

#include <cstdint>
#include <span>

#include "datapath/stages.h"
#include "stats/worker_counters.h"
#include "tables/connection_table.h"

namespace holdfast {

class ConnectionSweeper {
 public:
  // How long a pass takes when turns are short and frequent enough.
  static constexpr std::uint64_t kSecondsPerPass = 4;
  // At most this many buckets a turn: a turn stays short.
  static constexpr std::uint64_t kBucketsPerTurn = 128;

  ConnectionSweeper(std::uint64_t cycles_per_second, ConnectionTable& connections,
                    std::span<const ConnectionTable* const> all_connections, ClientWriter& clients,
                    WorkerCounters& counters);

  // Sweeps what is due since the last call.
  void Sweep(const Turn& turn);

 private:
  [[nodiscard]] std::uint64_t BucketsDue(std::uint64_t cycles);
  void SweepSlice(std::uint64_t buckets, const Turn& turn);
  // True: it has come to the end of the table.
  bool SweepTable(std::uint64_t buckets, const Turn& turn);

  const std::uint64_t cycles_per_bucket_;
  ConnectionTable& connections_;
  const std::span<const ConnectionTable* const> all_connections_;
  ClientWriter& clients_;
  WorkerCounters& counters_;
  bool at_clients_ = false;
  std::uint64_t swept_until_ = 0;      // TSC
  std::uint64_t version_of_pass_ = 0;  // of the snapshot that the pass began with; 0: none yet
};

}  // namespace holdfast
