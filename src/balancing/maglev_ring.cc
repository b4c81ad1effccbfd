#include "balancing/maglev_ring.h"

#include <algorithm>
#include <array>

#include "balancing/stable_mix.h"

namespace holdfast {
namespace {

// Which places are taken: eight kilobytes that stay in the first cache, however
// often all choices walk over them.
class TakenPlaces {
 public:
  [[nodiscard]] bool Has(std::uint32_t place) const {
    return (words_[place / 64] >> place % 64 & 1) != 0;
  }
  void Add(std::uint32_t place) { words_[place / 64] |= std::uint64_t{1} << place % 64; }

 private:
  std::array<std::uint64_t, MaglevRing::kSize / 64 + 1> words_{};
};

// One choice's walk over the ring: all places, in an order of its own.
struct Walk {
  std::uint32_t place;
  std::uint32_t stride;
  std::uint32_t weight;
  std::uint32_t credit;
  std::uint16_t value;

  Walk(const MaglevRing::Choice& choice, std::uint64_t seed)
      : place(static_cast<std::uint32_t>(StableMix(choice.name, seed) % MaglevRing::kSize)),
        stride(static_cast<std::uint32_t>(StableMix(choice.name, ~seed) % (MaglevRing::kSize - 1)) +
               1),
        weight(choice.weight),
        credit(0),
        value(choice.value) {}

  void Advance() {
    place += stride;
    if (place >= MaglevRing::kSize) place -= MaglevRing::kSize;
  }
};

// In the order of the names: the order that a caller has them in means nothing.
std::vector<Walk> WalksOf(std::span<const MaglevRing::Choice> choices, std::uint64_t seed) {
  std::vector<const MaglevRing::Choice*> chosen;
  for (const MaglevRing::Choice& choice : choices)
    if (choice.weight != 0) chosen.push_back(&choice);
  std::ranges::sort(chosen, {}, &MaglevRing::Choice::name);
  std::vector<Walk> walks;
  for (const MaglevRing::Choice* choice : chosen) walks.emplace_back(*choice, seed);
  return walks;
}

}  // namespace

// Every choice takes its next free place in turn; one with half the weight of
// the heaviest takes every second turn.
MaglevRing::MaglevRing(std::span<const Choice> choices, std::uint64_t seed) {
  std::vector<Walk> walks = WalksOf(choices, seed);
  if (walks.empty()) return;
  const std::uint32_t heaviest = std::ranges::max(walks, {}, &Walk::weight).weight;
  TakenPlaces taken;
  entries_.resize(kSize);
  std::uint32_t left = kSize;
  while (left != 0) {
    for (Walk& walk : walks) {
      walk.credit += walk.weight;
      if (walk.credit < heaviest) continue;
      walk.credit -= heaviest;
      while (taken.Has(walk.place)) walk.Advance();
      taken.Add(walk.place);
      entries_[walk.place] = walk.value;
      if (--left == 0) break;
    }
  }
}

std::uint16_t MaglevRing::Pick(std::uint64_t hash) const {
  // The high half of hash x size: a place without a division.
  __extension__ using Wide = unsigned __int128;
  return entries_[static_cast<std::size_t>(Wide{hash} * kSize >> 64)];
}

double MaglevRing::Share(std::uint16_t value) const {
  if (entries_.empty()) return 0;
  const auto count = std::ranges::count(entries_, value);
  return static_cast<double>(count) / kSize;
}

}  // namespace holdfast
