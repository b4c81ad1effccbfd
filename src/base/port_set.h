// PortRange and PortSet: the ports of a service: some, ranges of them, or every port.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace holdfast {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  constexpr PortRange() = default;
  constexpr PortRange(std::uint16_t port) : first(port), last(port) {}
  // REQUIRES: first is not above last.
  constexpr PortRange(std::uint16_t from, std::uint16_t to) : first(from), last(to) {}
  static constexpr PortRange Every() { return {1, 65535}; }
  // "80", "8000-8999" or "all"; nothing when it is none of them. 0 is no port.
  static std::optional<PortRange> Parse(absl::string_view text);

  [[nodiscard]] constexpr bool IsOne() const { return first == last; }
  [[nodiscard]] constexpr bool IsEvery() const { return *this == Every(); }
  [[nodiscard]] constexpr bool Contains(std::uint16_t port) const {
    return first <= port && port <= last;
  }
  [[nodiscard]] constexpr bool Overlaps(PortRange other) const {
    return first <= other.last && other.first <= last;
  }
  // As Parse() reads it.
  [[nodiscard]] std::string ToString() const;

  friend constexpr bool operator==(PortRange, PortRange) = default;
};

// Ascending; no two of its ranges overlap.
class PortSet {
 public:
  PortSet() = default;
  // In any order. REQUIRES: no two overlap.
  PortSet(std::initializer_list<PortRange> ranges) : PortSet(std::vector<PortRange>(ranges)) {}
  PortSet(const std::vector<std::uint16_t>& ports)
      : PortSet(std::vector<PortRange>(ports.begin(), ports.end())) {}
  explicit PortSet(std::vector<PortRange> ranges);

  [[nodiscard]] const std::vector<PortRange>& ranges() const { return ranges_; }
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] bool Contains(std::uint16_t port) const;
  // Each port of `other` is in it.
  [[nodiscard]] bool Includes(const PortSet& other) const;
  // "80", "8000-8999" ... of each range, in order.
  [[nodiscard]] std::vector<std::string> Texts() const;

  friend bool operator==(const PortSet&, const PortSet&) = default;

 private:
  std::vector<PortRange> ranges_;
};

}  // namespace holdfast
