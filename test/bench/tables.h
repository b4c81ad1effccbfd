// What benches of tables share: their size of bursts, their tables, their goals.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bench/environment.h"
#include "bench/flows.h"
#include "tables/connection_table.h"

namespace holdfast::bench {

inline constexpr std::size_t kBurst = 64;  // as workers have it
inline constexpr CoarseTick kNow;
inline constexpr double kMillion = 1e6;

// Of a ratio or a value; none for a figure beside the goals.
struct Goals {
  std::optional<double> floor = {};
  std::optional<double> target = {};
};

ConnectionTable NewConnectionTable(std::size_t capacity, const HashKey& key);
std::vector<FlowHash> HashesOf(const HashKey& key, const std::vector<FlowKey>& flows);

template <typename Packed>
std::vector<Packed> AllPacked(const std::vector<FlowKey>& flows) {
  std::vector<Packed> packed;
  for (const FlowKey& flow : flows) packed.push_back(PackedFrom<Packed>(flow));
  return packed;
}

// One for each file of the same name.
void BenchConnectionLookups(const Options& options);
void BenchConnectionInserts(const Options& options);
void BenchAffinityLookups(const Options& options);

}  // namespace holdfast::bench
