// PortTables: for each of many addresses, which service has which port. Ports that are named
// come before ranges, ranges before every port.
//
// Made at once and never changed; any thread. A table is an array of ranges without overlap or
// gap: a look-up halves it until one is left, and most tables are one line of memory.
#pragma once

#include <cstdint>
#include <vector>

#include "base/port_set.h"
#include "tables/destination.h"

namespace holdfast {

class PortTables {
 public:
  struct Claim {
    PortRange range;
    Destination destination;
  };

  // Puts a table together; returns what Find() knows it by, never WordMap::kNone. REQUIRES: no
  // two named ports are the same, no two other ranges overlap but for one of every port.
  std::uint32_t Add(const std::vector<Claim>& claims);

  // One that does not exist when nobody has the port.
  [[nodiscard]] Destination Find(std::uint32_t table, std::uint16_t port) const {
    const Entry* at = &entries_[table >> kSizeBits];
    for (std::uint32_t half = (1U << (table & kSizeMask)) / 2; half != 0; half /= 2)
      at += at[half - 1].last < port ? half : 0;
    return at->destination;
  }

 private:
  static constexpr int kSizeBits = 5;  // of the binary logarithm of a table's size
  static constexpr std::uint32_t kSizeMask = (1U << kSizeBits) - 1;
  struct Entry {
    std::uint32_t last = 0;  // port; the first one follows the entry before
    Destination destination;
  };

  std::vector<Entry> entries_;
};

}  // namespace holdfast
