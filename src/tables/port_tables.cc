#include "tables/port_tables.h"

#include <algorithm>
#include <bit>

namespace holdfast {
namespace {

using Claim = PortTables::Claim;
using Claims = std::vector<Claim>;

enum class Rank : std::uint8_t { kNamed, kRange, kEvery };

Rank RankOf(PortRange range) {
  if (range.IsOne()) return Rank::kNamed;
  return range.IsEvery() ? Rank::kEvery : Rank::kRange;
}

void SortByPort(Claims& claims) {
  std::stable_sort(claims.begin(), claims.end(),
                   [](const Claim& a, const Claim& b) { return a.range.first < b.range.first; });
}

Claims OfRank(const Claims& claims, Rank rank) {
  Claims chosen;
  for (const Claim& claim : claims)
    if (RankOf(claim.range) == rank) chosen.push_back(claim);
  SortByPort(chosen);
  return chosen;
}

// What is left of `claim` beside `upper`.
void AddRest(const Claim& claim, const Claims& upper, Claims& to) {
  auto above = std::partition_point(upper.begin(), upper.end(), [&](const Claim& each) {
    return each.range.last < claim.range.first;
  });
  std::uint32_t next = claim.range.first;
  const auto add_until = [&](std::uint32_t end) {
    if (next < end)
      to.push_back({{static_cast<std::uint16_t>(next), static_cast<std::uint16_t>(end - 1)},
                    claim.destination});
  };
  for (; above != upper.end() && above->range.first <= claim.range.last; ++above) {
    add_until(above->range.first);
    next = std::uint32_t{above->range.last} + 1;
  }
  add_until(std::uint32_t{claim.range.last} + 1);
}

// Both: ascending, without overlap. So is the result; where both are, it is `upper`.
Claims Over(const Claims& upper, const Claims& lower) {
  Claims both = upper;
  for (const Claim& claim : lower) AddRest(claim, upper, both);
  SortByPort(both);
  return both;
}

}  // namespace

std::uint32_t PortTables::Add(const std::vector<Claim>& claims) {
  const Claims flat = Over(Over(OfRank(claims, Rank::kNamed), OfRank(claims, Rank::kRange)),
                           OfRank(claims, Rank::kEvery));
  const std::size_t begin = entries_.size();
  std::uint32_t next = 0;
  for (const auto& [range, destination] : flat) {
    if (next < range.first) entries_.push_back({range.first - 1U, Destination()});
    entries_.push_back({range.last, destination});
    next = range.last + 1U;
  }
  if (next <= 65535) entries_.push_back({65535, Destination()});
  const std::size_t size = std::bit_ceil(entries_.size() - begin);
  entries_.resize(begin + size, {65535, Destination()});
  return static_cast<std::uint32_t>(begin) << kSizeBits |
         static_cast<std::uint32_t>(std::countr_zero(size));
}

}  // namespace holdfast
