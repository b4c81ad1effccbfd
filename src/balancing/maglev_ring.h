// MaglevRing: from a hash to a choice, by weight, so that a change of one of N
// choices moves about 1/N of the hashes (Eisenbud et al., NSDI 2016; row P4).
//
// Which hash meets which choice depends only on the choices' names and weights
// and on the seed: equal on every appliance and after every restart.
// Pure and immutable; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

class MaglevRing {
 public:
  // A prime; large against the number of choices. Two bytes an entry.
  static constexpr std::uint32_t kSize = 65537;

  struct Choice {
    std::string name;
    std::uint32_t weight = 0;  // 0: never chosen
    std::uint16_t value = 0;   // what Pick() returns for it
  };

  MaglevRing() = default;  // empty: Pick() finds nothing
  // Order of `choices` does not matter. REQUIRES: names are unique.
  MaglevRing(std::span<const Choice> choices, std::uint64_t seed);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  // REQUIRES: !empty().
  [[nodiscard]] std::uint16_t Pick(std::uint64_t hash) const { return *Find(hash); }
  // Which of the kSize places a hash has.
  static std::size_t PlaceOf(std::uint64_t hash) {
    // The high half of hash x size: a place without a division.
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(Wide{hash} * kSize >> 64);
  }
  // Where Pick() finds it. A ring is larger than the nearest cache: whoever has many
  // hashes asks memory for all of these first.
  [[nodiscard]] const std::uint16_t* Find(std::uint64_t hash) const {
    return &entries_[PlaceOf(hash)];
  }
  // Part of the hashes that `value` gets, 0 to 1.
  [[nodiscard]] double Share(std::uint16_t value) const;

 private:
  std::vector<std::uint16_t> entries_;
};

}  // namespace holdfast
