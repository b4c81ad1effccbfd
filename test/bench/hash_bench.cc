// The two hashes of a flow: FlowHash, which tables know it by, and RingHash.
//
//   hash_bench [--quick]
#include <array>
#include <span>
#include <string>

#include "balancing/ring_hash.h"
#include "bench/environment.h"
#include "bench/flows.h"
#include "bench/keep.h"
#include "bench/rounds.h"
#include "bench/row.h"
#include "tables/flow_hash.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kBurst = 64;
constexpr std::size_t kFlows = 4096;  // they stay in the caches
constexpr std::size_t kHashes = 4'000'000;

template <typename Burst>
Contender OverAll(const std::vector<FlowKey>& flows, Burst&& burst) {
  return {[&flows, burst] {
    std::uint64_t done = 0;
    for (; done < kHashes; done += kBurst) burst(std::span(flows).subspan(done % kFlows, kBurst));
    return done;
  }};
}

Contender FlowHashes(const std::vector<FlowKey>& flows, decltype(&HashFlows) function) {
  return OverAll(flows, [function](std::span<const FlowKey> burst) {
    std::array<FlowHash, kBurst> hashes;
    function(HashKey{{1, 2}}, burst, hashes);
    Keep(hashes);
  });
}

Contender RingHashes(const std::vector<FlowKey>& flows) {
  return OverAll(flows, [](std::span<const FlowKey> burst) {
    std::uint64_t sum = 0;
    for (const FlowKey& flow : burst) sum += RingHash(flow, 2026);
    Keep(sum);
  });
}

void Bench(Family family, const Options& options) {
  const auto flows = ShuffledFlows(family, 0, kFlows);
  const auto measured = Measure(
      {FlowHashes(flows, &HashFlows), FlowHashes(flows, &HashFlowsPortable), RingHashes(flows)},
      options.rounds());
  const std::array<std::string, 3> names = {"flow hash", "flow hash without AES instructions",
                                            "ring hash"};
  for (std::size_t i = 0; i < names.size(); ++i)
    Print({.name = names[i] + (family == Family::kV4 ? ", IPv4" : ", IPv6"),
           .value = 1e9 / measured[i].per_second,
           .unit = "ns",
           .spread = measured[i].spread});
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const Options options = OptionsFrom(argc, argv);
  Bench(Family::kV4, options);
  Bench(Family::kV6, options);
}
