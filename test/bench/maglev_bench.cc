// Maglev rings: how long one takes to build (B13), and to pick from.
//
//   maglev_bench [--quick]
#include <string>
#include <vector>

#include "balancing/maglev_ring.h"
#include "balancing/stable_mix.h"
#include "bench/environment.h"
#include "bench/keep.h"
#include "bench/rounds.h"
#include "bench/row.h"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kSeed = 2026;
constexpr std::uint64_t kPicks = 4'000'000;
constexpr std::uint64_t kBuilds = 10;

std::vector<MaglevRing::Choice> Choices(std::size_t count) {
  std::vector<MaglevRing::Choice> choices;
  for (std::size_t n = 0; n < count; ++n)
    choices.push_back({"target-" + std::to_string(n), 100, static_cast<std::uint16_t>(n)});
  return choices;
}

// A turn that a light one lets pass costs time, too.
std::vector<MaglevRing::Choice> Weighted(std::vector<MaglevRing::Choice> choices) {
  for (std::size_t n = 0; n < choices.size(); ++n)
    choices[n].weight = static_cast<std::uint32_t>(1 + n % 100);
  return choices;
}

Contender Builds(const std::vector<MaglevRing::Choice>& choices) {
  return {[&choices] {
    for (std::uint64_t n = 0; n < kBuilds; ++n) Keep(MaglevRing(choices, kSeed + n).Pick(0));
    return kBuilds;
  }};
}

void PrintBuild(const std::string& name, const Measurement& measured) {
  Print({.row = "B13",
         .name = name,
         .value = 1e3 / measured.per_second,
         .unit = "ms",
         .floor = 10,
         .target = 1.5,
         .spread = measured.spread});
}

// Of the entries of all other targets, what part belongs to another one when one
// target has left.
double MovedShare(const std::vector<MaglevRing::Choice>& choices) {
  const MaglevRing before(choices, kSeed);
  const MaglevRing after(std::vector(choices.begin(), choices.end() - 1), kSeed);
  std::uint32_t others = 0;
  std::uint32_t moved = 0;
  for (std::uint64_t place = 0; place < MaglevRing::kSize; ++place) {
    const std::uint64_t hash = ((place << 32) / MaglevRing::kSize + 1) << 32;
    if (before.Pick(hash) == choices.back().value) continue;
    ++others;
    moved += before.Pick(hash) != after.Pick(hash) ? 1 : 0;
  }
  return static_cast<double>(moved) / others;
}

void Bench(std::size_t count, const Options& options) {
  const auto equal = Choices(count);
  const auto weighted = Weighted(equal);
  const MaglevRing ring(equal, kSeed);
  const Contender picks{[&ring] {
    std::uint64_t sum = 0;
    for (std::uint64_t n = 0; n < kPicks; ++n) sum += ring.Pick(StableMix(n));
    Keep(sum);
    return kPicks;
  }};
  const auto measured = Measure({Builds(equal), Builds(weighted), picks}, options.rounds());
  const std::string targets = ", " + std::to_string(count) + " targets";
  PrintBuild("ring, equal weights" + targets, measured[0]);
  PrintBuild("ring, weights 1 to 100" + targets, measured[1]);
  Print({.name = "others' entries that move when a target leaves" + targets,
         .value = 100 * MovedShare(equal),
         .unit = "%"});
  Print({.name = "mix and pick" + targets,
         .value = 1e9 / measured[2].per_second,
         .unit = "ns",
         .spread = measured[2].spread});
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const Options options = OptionsFrom(argc, argv);
  for (const std::size_t count : {10, 100, 1000}) Bench(count, options);
}
