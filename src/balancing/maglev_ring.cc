#include "balancing/maglev_ring.h"

#include <algorithm>
#include <array>

#include "balancing/stable_mix.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kSize = MaglevRing::kSize;

// Which places are taken: eight kilobytes that stay in the first cache, however
// often all choices walk over them.
class TakenPlaces {
 public:
  [[nodiscard]] bool Has(std::uint32_t place) const {
    return (words_[place / 64] >> place % 64 & 1) != 0;
  }
  void Add(std::uint32_t place) { words_[place / 64] |= std::uint64_t{1} << place % 64; }
  [[nodiscard]] std::vector<std::uint32_t> Others() const {
    std::vector<std::uint32_t> free;
    for (std::uint32_t place = 0; place < kSize; ++place)
      if (!Has(place)) free.push_back(place);
    return free;
  }

 private:
  std::array<std::uint64_t, kSize / 64 + 1> words_{};
};

std::uint32_t Product(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>(std::uint64_t{a} * b % kSize);
}

// What a number other than 0 gives 1 with: its power of kSize - 2, as kSize is a prime.
std::uint32_t Inverse(std::uint32_t number) {
  std::uint32_t power = 1;
  for (std::uint32_t bits = kSize - 2; bits != 0; bits >>= 1) {
    if ((bits & 1) != 0) power = Product(power, number);
    number = Product(number, number);
  }
  return power;
}

// One choice's walk over the ring: all places, in an order of its own.
class Walk {
 public:
  Walk(const MaglevRing::Choice& choice, std::uint64_t seed)
      : weight(choice.weight),
        value(choice.value),
        place_(static_cast<std::uint32_t>(StableMix(choice.name, seed) % kSize)),
        stride_(static_cast<std::uint32_t>(StableMix(choice.name, ~seed) % (kSize - 1)) + 1) {}

  std::uint32_t weight;
  std::uint32_t credit = 0;
  std::uint16_t value;

  // The first place from here on that is not taken.
  std::uint32_t NextOf(const TakenPlaces& taken) {
    std::uint32_t place = place_;
    while (taken.Has(place)) {
      // Below zero is a large number: the lesser one lies on the ring. No branch.
      place = std::min(place + stride_, place + stride_ - kSize);
    }
    place_ = place;
    return place;
  }
  // The same, where few are left: the index of the one that the fewest steps lead to.
  std::size_t NextOf(std::span<const std::uint32_t> left) {
    if (inverse_ == 0) inverse_ = Inverse(stride_);
    std::uint64_t nearest = ~std::uint64_t{0};
    for (std::size_t i = 0; i < left.size(); ++i) {
      const std::uint64_t steps = Product(left[i] + kSize - place_, inverse_);
      nearest = std::min(nearest, steps << 32 | i);
    }
    const std::size_t index = nearest & 0xffffffff;
    place_ = left[index];
    return index;
  }

 private:
  std::uint32_t place_;
  std::uint32_t stride_;
  std::uint32_t inverse_ = 0;  // of the stride; 0: not yet known
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

// Whose turn it is: one after the other, but one with half the weight of the heaviest
// every second time.
class Turns {
 public:
  explicit Turns(std::vector<Walk>& walks)
      : walks_(walks),
        next_(walks.begin()),
        heaviest_(std::ranges::max(walks, {}, &Walk::weight).weight) {}

  Walk& Next() {
    while (true) {
      Walk& walk = *next_;
      if (++next_ == walks_.end()) next_ = walks_.begin();
      walk.credit += walk.weight;
      if (walk.credit < heaviest_) continue;
      walk.credit -= heaviest_;
      return walk;
    }
  }

 private:
  std::vector<Walk>& walks_;
  std::vector<Walk>::iterator next_;
  std::uint32_t heaviest_;
};

// The last places are looked at one by one: to walk into one of k takes kSize / k
// steps, to look at all of them k. The two cost about the same at twice the root.
constexpr std::uint32_t kFew = 512;

}  // namespace

// Every choice takes its next free place in turn.
MaglevRing::MaglevRing(std::span<const Choice> choices, std::uint64_t seed) {
  std::vector<Walk> walks = WalksOf(choices, seed);
  if (walks.empty()) return;
  Turns turns(walks);
  TakenPlaces taken;
  entries_.resize(kSize);
  for (std::uint32_t n = kFew; n < kSize; ++n) {
    Walk& walk = turns.Next();
    const std::uint32_t place = walk.NextOf(taken);
    taken.Add(place);
    entries_[place] = walk.value;
  }
  std::vector<std::uint32_t> left = taken.Others();
  while (!left.empty()) {
    Walk& walk = turns.Next();
    const std::size_t index = walk.NextOf(left);
    entries_[left[index]] = walk.value;
    left[index] = left.back();
    left.pop_back();
  }
}

double MaglevRing::Share(std::uint16_t value) const {
  if (entries_.empty()) return 0;
  const auto count = std::ranges::count(entries_, value);
  return static_cast<double>(count) / kSize;
}

}  // namespace holdfast
