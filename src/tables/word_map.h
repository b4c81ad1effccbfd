// WordMap: from a 64-bit word to 32 bits, made once and never changed: what a
// packet's address and port are looked up in.
//
// Open addressing at a load of at most one half, in order; most look-ups end where
// they begin. The words are an operator's, not a client's: a hash without a secret
// is good enough.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holdfast {

class WordMap {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;
  struct Entry {
    std::uint64_t word = 0;
    std::uint32_t value = kNone;
  };

  WordMap() : WordMap(std::span<const Entry>{}) {}
  // Of entries with the same word, the first counts. REQUIRES: no value is kNone.
  explicit WordMap(std::span<const Entry> entries)
      : places_(std::bit_ceil(2 * entries.size() + 2)),
        shift_(64 - static_cast<unsigned>(std::countr_zero(places_.size()))) {
    for (const Entry& entry : entries) {
      Entry& place = places_[view().PlaceOf(entry.word)];
      if (place.value == kNone) place = entry;
    }
  }

  // To look up in: what a burst of look-ups keeps in registers. Valid as long as the map.
  class View {
   public:
    // kNone when it is not there.
    [[nodiscard]] std::uint32_t Find(std::uint64_t word) const {
      return places_[PlaceOf(word)].value;
    }

   private:
    friend class WordMap;
    View(const Entry* places, std::size_t count, unsigned shift)
        : places_(places), last_(count - 1), shift_(shift) {}

    // Where the word is, or the empty place where it would be.
    [[nodiscard]] std::size_t PlaceOf(std::uint64_t word) const {
      std::size_t place = word * 0x9E3779B97F4A7C15 >> shift_;
      while (places_[place].word != word && places_[place].value != kNone)
        [[unlikely]] place = (place + 1) & last_;
      return place;
    }

    const Entry* places_;
    std::size_t last_;
    unsigned shift_;
  };
  [[nodiscard]] View view() const { return {places_.data(), places_.size(), shift_}; }
  [[nodiscard]] std::uint32_t Find(std::uint64_t word) const { return view().Find(word); }

 private:
  std::vector<Entry> places_;
  unsigned shift_;
};

}  // namespace holdfast
