// LeastConnections: the choice that has the fewest connections for its weight.
//
// Which one that is depends on what the others have, so it is searched for with each
// request; without a division, as weights are kept turned round.
// Pure and immutable; safe on any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "balancing/maglev_ring.h"

namespace holdfast {

class LeastConnections {
 public:
  LeastConnections() = default;  // empty
  // Weight 0: never chosen.
  explicit LeastConnections(std::span<const MaglevRing::Choice> choices);

  [[nodiscard]] bool empty() const { return choices_.empty(); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(choices_.size()); }
  [[nodiscard]] std::uint16_t operator[](std::uint32_t index) const {
    return choices_[index].value;
  }

  // The index of the least; of several that are equal, the first from `begin` on.
  // `connections_of(value)` is a std::uint32_t. REQUIRES: begin < size().
  template <typename ConnectionsOf>
  [[nodiscard]] std::uint32_t Least(std::uint32_t begin, ConnectionsOf connections_of) const {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    std::uint32_t found = begin;
    const auto look_at = [&](std::uint32_t first, std::uint32_t last) {
      for (std::uint32_t i = first; i < last; ++i) {
        const std::uint64_t burden = BurdenOf(choices_[i], connections_of(choices_[i].value));
        if (burden >= least) continue;
        least = burden;
        found = i;
      }
    };
    look_at(begin, size());
    look_at(0, begin);
    return found;
  }
  // The values of all that are equally the least.
  template <typename ConnectionsOf>
  [[nodiscard]] std::vector<std::uint16_t> AllLeast(ConnectionsOf connections_of) const {
    std::vector<std::uint16_t> all;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (const Choice& choice : choices_) {
      const std::uint64_t burden = BurdenOf(choice, connections_of(choice.value));
      if (burden < least) all.clear();
      if (burden <= least) all.push_back(choice.value);
      least = std::min(least, burden);
    }
    return all;
  }

 private:
  struct Choice {
    std::uint32_t per_weight;  // kOne / weight
    std::uint16_t value;
  };
  static constexpr std::uint32_t kOne = std::uint32_t{1} << 31;

  // What it would have for its weight with this connection, too: so that the heaviest of
  // idle ones is the first.
  static std::uint64_t BurdenOf(const Choice& choice, std::uint32_t connections) {
    return (std::uint64_t{connections} + 1) * choice.per_weight;
  }

  std::vector<Choice> choices_;  // in the order of their names
};

}  // namespace holdfast
