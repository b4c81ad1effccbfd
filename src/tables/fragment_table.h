// FragmentTable: where the later fragments of a datagram go, as its first one has told; by a
// keyed hash of addresses, protocol and identification.
//
// One for all workers, since fragments may come to others than the first. Fixed size; an old
// entry makes room, and none is believed for longer than kLifetime: identifications come again.
//
// Any thread, without locks. A fragment that is looked for while its entry is written is not
// found, and looked for again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"
#include "tables/flow_hash.h"
#include "tables/snapshot.h"

namespace holdfast {

class FragmentTable {
 public:
  static constexpr std::size_t kEntries = 16384;
  static constexpr std::uint32_t kLifetime = 10;  // seconds

  struct Way {
    Destination destination;
    TargetHandle target;
    friend bool operator==(const Way&, const Way&) = default;
  };

  FragmentTable() : sets_(std::make_unique<Set[]>(kSets)) {}

  // What is there of the same datagram gives way; and the oldest of a few, where all are taken.
  // Where others are just writing, nothing may happen.
  void Insert(const FlowHash& datagram, const Way& way, CoarseTick now);
  [[nodiscard]] std::optional<Way> Find(const FlowHash& datagram, CoarseTick now) const;

 private:
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = kEntries / kWays;
  // destination (32 bits) | target (14) | tick (15)
  static constexpr int kTargetShift = 32;
  static constexpr int kTickShift = kTargetShift + TargetHandle::kBits;
  // In place of a fingerprint.
  static constexpr std::uint64_t kEmpty = 0;
  static constexpr std::uint64_t kBeingWritten = 1;

  struct alignas(64) Set {
    std::array<std::atomic<std::uint64_t>, kWays> fingerprints{};
    std::array<std::atomic<std::uint64_t>, kWays> values{};
  };

  static std::uint64_t ValueOf(const Way& way, CoarseTick now) {
    return std::uint64_t{way.destination.word()} | std::uint64_t{way.target.raw()} << kTargetShift |
           std::uint64_t{now.raw()} << kTickShift;
  }
  static std::uint32_t AgeOf(std::uint64_t value, CoarseTick now) {
    return CoarseTick::SecondsBetween<std::uint32_t>(
        static_cast<std::uint32_t>(value >> kTickShift), now.raw());
  }
  static std::uint64_t FingerprintOf(const FlowHash& datagram) {
    return datagram.fingerprint | 2;  // neither of the two above
  }
  [[nodiscard]] Set& SetOf(const FlowHash& datagram) const {
    return sets_[datagram.bucket % kSets];
  }
  // Where to write: the datagram's own place, an empty one, or the oldest.
  static std::size_t PlaceFor(const Set& set, std::uint64_t fingerprint, CoarseTick now);

  std::unique_ptr<Set[]> sets_;
};

}  // namespace holdfast
