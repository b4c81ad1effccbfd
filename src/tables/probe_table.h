// ProbeTable: which target a health check is for, by the port that it comes from.
//
// The kernel of the balancer makes a check's packets, as a client's would; the worker that
// sends them finds here whose headers they get. An entry stays until its port is used again,
// since a connection's last packets come after its end.
//
// Thread roles: one thread Set()s, any may Find().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/probe_ports.h"

namespace holdfast {

class ProbeTable {
 public:
  static constexpr std::uint16_t kFirstPort = kFirstProbePort;
  static constexpr std::size_t kPorts = 65536 - kFirstPort;

  struct Aim {
    TargetHandle target;
    ServiceSlot service = kNoService;
    friend bool operator==(const Aim&, const Aim&) = default;
  };

  ProbeTable() {
    for (auto& word : words_) word.store(kNone, std::memory_order_relaxed);
  }

  // REQUIRES: `port` is not below kFirstPort.
  void Set(std::uint16_t port, const Aim& aim) {
    // One word, and nothing that it points to: whoever finds it needs no order.
    words_[port - kFirstPort].store(
        aim.target.raw() << 16 | static_cast<std::uint32_t>(Index(aim.service)),
        std::memory_order_relaxed);
  }
  [[nodiscard]] std::optional<Aim> Find(std::uint16_t port) const {
    if (port < kFirstPort) return std::nullopt;
    const std::uint32_t word = words_[port - kFirstPort].load(std::memory_order_relaxed);
    if (word == kNone) return std::nullopt;
    return Aim{TargetHandle::FromRaw(word >> 16), ServiceSlot(word & 0xffff)};
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static_assert(TargetHandle::kBits < 16);

  std::array<std::atomic<std::uint32_t>, kPorts> words_;
};

}  // namespace holdfast
