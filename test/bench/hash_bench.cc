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

template <typename Flow, typename Burst>
Contender OverAll(const std::vector<Flow>& flows, Burst&& burst) {
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

Contender TupleHashes(const std::vector<Ipv4Tuple>& tuples) {
  return OverAll(tuples, [](std::span<const Ipv4Tuple> burst) {
    std::array<FlowHash, kBurst> hashes;
    HashIpv4Flows(HashKey{{1, 2}}, burst, hashes);
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

void PrintEach(const std::vector<Measurement>& measured, std::span<const std::string> names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    Print({.name = names[i],
           .value = 1e9 / measured[i].per_second,
           .unit = "ns",
           .spread = measured[i].spread});
}

void Bench(Family family, const std::string& name, const Options& options) {
  const auto flows = ShuffledFlows(family, 0, kFlows);
  const auto measured = Measure(
      {FlowHashes(flows, &HashFlows), FlowHashes(flows, &HashFlowsPortable), RingHashes(flows)},
      options.rounds());
  PrintEach(measured,
            std::array{"flow hash, " + name, "flow hash without AES instructions, " + name,
                       "ring hash, " + name});
}

void BenchTuples(const Options& options) {
  std::vector<Ipv4Tuple> tuples;
  for (const FlowKey& flow : ShuffledFlows(Family::kV4, 0, kFlows))
    tuples.push_back(Ipv4Tuple::Of(flow));
  PrintEach(Measure({TupleHashes(tuples)}, options.rounds()),
            std::array<std::string, 1>{"flow hash, IPv4 tuple"});
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const Options options = OptionsFrom(argc, argv);
  BenchTuples(options);
  Bench(Family::kV4, "IPv4", options);
  Bench(Family::kV6, "IPv6", options);
}
