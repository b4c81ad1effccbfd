// CellKinds: which kinds of cells one service has for one address family, in the order in
// which they win (P2). A look-up asks for one cell of each kind, so that it costs what kinds
// there are, not how many affinities.
//
// Order: few open bits of the client first (the longest prefix); then a named client port
// before any, a named service port before the whole service; at one place an affinity
// before a hole.
//
// Threads: one writer; readers on any thread, without locks. A reader sees a kind as there
// or not there; what it reads while the writer changes it is one of both.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/affinity_cell.h"

namespace holdfast {

struct CellKind {
  std::uint8_t host_bits = 0;
  std::uint8_t shape = 0;  // below kShapes; see ShapeOf()

  static constexpr unsigned kShapes = 8;
  static constexpr CellKind Of(const AffinityCell& cell) { return {cell.host_bits, ShapeOf(cell)}; }

  [[nodiscard]] constexpr bool NamesClientPort() const { return (shape & kAnyClientPort) == 0; }
  [[nodiscard]] constexpr bool NamesServicePort() const { return (shape & kWholeService) == 0; }
  [[nodiscard]] constexpr bool IsHole() const { return (shape & kHole) != 0; }
  // The cell of this kind that `narrow` lies in, if it names what this kind names; of holes
  // the first one.
  [[nodiscard]] constexpr AffinityCell Around(const AffinityCell& narrow) const {
    return {.service = narrow.service,
            .client = narrow.client.WithoutLast(host_bits),
            .client_port = NamesClientPort() ? narrow.client_port : std::uint16_t{0},
            .service_port = NamesServicePort() ? narrow.service_port : std::uint16_t{0},
            .host_bits = host_bits,
            .hole = static_cast<std::uint8_t>(IsHole() ? 1 : 0)};
  }
  friend constexpr auto operator<=>(const CellKind&, const CellKind&) = default;

 private:
  static constexpr unsigned kAnyClientPort = 4;
  static constexpr unsigned kWholeService = 2;
  static constexpr unsigned kHole = 1;

  static constexpr std::uint8_t ShapeOf(const AffinityCell& cell) {
    return static_cast<std::uint8_t>((cell.client_port == 0 ? kAnyClientPort : 0) |
                                     (cell.service_port == 0 ? kWholeService : 0) |
                                     (cell.is_hole() ? kHole : 0));
  }
};

class CellKinds {
 public:
  static constexpr std::size_t kMostHostBits = 128;

  // ---- readers
  // Calls visit(CellKind) in order, from `first` on, until it returns true.
  template <typename Visit>
  void ForEach(CellKind first, Visit&& visit) const {
    for (std::size_t word = first.host_bits / kBits; word < lengths_.size(); ++word) {
      std::uint64_t lengths = lengths_[word].load(std::memory_order_acquire);
      if (word == first.host_bits / kBits) lengths &= ~std::uint64_t{0} << first.host_bits % kBits;
      for (; lengths != 0; lengths &= lengths - 1) {
        const std::size_t length =
            word * kBits + static_cast<std::size_t>(std::countr_zero(lengths));
        unsigned shapes = shapes_[length].load(std::memory_order_acquire);
        if (length == first.host_bits) shapes &= 0xffU << first.shape;
        for (; shapes != 0; shapes &= shapes - 1)
          if (visit(CellKind{static_cast<std::uint8_t>(length),
                             static_cast<std::uint8_t>(std::countr_zero(shapes))}))
            return;
      }
    }
  }
  [[nodiscard]] bool Any() const {
    std::uint64_t lengths = 0;
    for (const auto& word : lengths_) lengths |= word.load(std::memory_order_acquire);
    return lengths != 0;
  }

  // ---- the writer
  void Add(CellKind kind) {
    Set(shapes_[kind.host_bits], ShapeBit(kind), true);
    Set(lengths_[kind.host_bits / kBits], LengthBit(kind), true);
  }
  void Remove(CellKind kind) {
    auto& shapes = shapes_[kind.host_bits];
    if (shapes.load(std::memory_order_relaxed) == ShapeBit(kind))
      Set(lengths_[kind.host_bits / kBits], LengthBit(kind), false);
    Set(shapes, ShapeBit(kind), false);
  }

 private:
  static constexpr std::size_t kBits = 64;
  static std::uint8_t ShapeBit(CellKind kind) {
    return static_cast<std::uint8_t>(1U << kind.shape);
  }
  static std::uint64_t LengthBit(CellKind kind) {
    return std::uint64_t{1} << kind.host_bits % kBits;
  }
  template <typename Word>
  static void Set(std::atomic<Word>& word, Word bit, bool to) {
    const Word now = word.load(std::memory_order_relaxed);
    word.store(static_cast<Word>(to ? now | bit : now & ~bit), std::memory_order_release);
  }

  std::array<std::atomic<std::uint64_t>, kMostHostBits / kBits + 1> lengths_{};
  std::array<std::atomic<std::uint8_t>, kMostHostBits + 1> shapes_{};
};

// How many cells there are of each kind, for whoever adds and removes them one by one.
class CellKindCounts {
 public:
  // True when it is the first, or was the last, of its kind.
  bool Add(CellKind kind) { return At(kind)++ == 0; }
  bool Remove(CellKind kind) { return --At(kind) == 0; }

 private:
  std::uint32_t& At(CellKind kind) { return counts_[kind.host_bits][kind.shape]; }
  std::array<std::array<std::uint32_t, CellKind::kShapes>, CellKinds::kMostHostBits + 1> counts_{};
};

}  // namespace holdfast
