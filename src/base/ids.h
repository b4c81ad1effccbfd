// Small numbers that name things inside one process. Each is a type of its own,
// so that a worker cannot be taken for a target.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace holdfast {

enum class WorkerId : std::uint16_t {};
enum class PortIndex : std::uint8_t {};     // of a configured port, not DPDK's port_id
enum class ServiceSlot : std::uint16_t {};  // of a service in every Snapshot while it lives

// How many there can be; arrays that workers index are made for these.
inline constexpr std::size_t kMaxWorkers = 64;
inline constexpr std::size_t kMaxPorts = 16;
inline constexpr std::size_t kMaxServices = 1024;
inline constexpr std::size_t kMaxTargets = 4096;

inline constexpr ServiceSlot kNoService{0xffff};

template <typename Enum>
constexpr std::size_t Index(Enum id) {
  return static_cast<std::size_t>(id);
}

// TargetHandle: the slot of a target and the generation of the target in it, in
// fourteen bits, as tables store it (row P7).
//
// A slot is given to another target only after every table was swept of the old
// one's handles. The generation (modulo four) is the second line of defence: a
// handle that outlived its target does not match the slot's new generation.
class TargetHandle {
 public:
  static constexpr int kSlotBits = 12;
  static constexpr int kGenerationBits = 2;
  static constexpr int kBits = kSlotBits + kGenerationBits;

  constexpr TargetHandle() = default;  // slot 0, generation 0
  constexpr TargetHandle(std::size_t slot, unsigned generation)
      : TargetHandle(FromRaw(generation << kSlotBits |
                             (static_cast<std::uint32_t>(slot) & (kMaxTargets - 1)))) {}
  // Higher bits mean nothing.
  static constexpr TargetHandle FromRaw(std::uint32_t raw) {
    TargetHandle handle;
    handle.raw_ = static_cast<std::uint16_t>(raw & ((1U << kBits) - 1));
    return handle;
  }

  [[nodiscard]] constexpr std::size_t slot() const { return raw_ & (kMaxTargets - 1); }
  [[nodiscard]] constexpr unsigned generation() const { return raw_ >> kSlotBits; }
  [[nodiscard]] constexpr std::uint32_t raw() const { return raw_; }
  // The handle of the next target in this slot.
  [[nodiscard]] constexpr TargetHandle NextGeneration() const { return {slot(), generation() + 1}; }

  friend constexpr auto operator<=>(TargetHandle, TargetHandle) = default;

 private:
  std::uint16_t raw_ = 0;
};
static_assert(std::size_t{1} << TargetHandle::kSlotBits == kMaxTargets);

}  // namespace holdfast
