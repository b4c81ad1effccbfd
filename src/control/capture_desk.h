// CaptureDesk: where an operator orders copies of received packets, and is given them. One capture
// at a time.
//
// Thread: the management loop.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mac_address.h"
#include "tables/capture.h"
#include "tables/snapshot.h"

namespace holdfast {

struct CaptureOrder {
  static constexpr absl::Duration kMostTime = absl::Hours(1);

  CaptureFilter filter = {};
  CaptureLimits limits = {};
  absl::Duration duration = absl::Seconds(60);
};

// One packet, and what became of it.
struct CapturedPacket {
  absl::Time received;
  WorkerId worker{};
  PortIndex port{};
  std::uint32_t length = 0;  // of the frame, without FCS
  std::string bytes;         // its first ones
  CaptureVerdict verdict = {};
  std::string target;  // "" for none
  std::string service;
};

enum class CaptureEnd : std::uint8_t { kCount, kTime };

class CaptureDesk {
 public:
  struct Port {
    std::string name;
    MacAddress mac;
  };
  // A counter that goes up `per_second`, as workers stamp packets with.
  struct Cycles {
    std::uint64_t (*now)() = nullptr;
    std::uint64_t per_second = 1;
  };
  // All outlive it.
  struct Sources {
    CapturePublisher* captures = nullptr;
    const SnapshotPublisher* snapshots = nullptr;
    const Clock* clock = nullptr;
    std::size_t workers = 0;
    std::vector<Port> ports;  // by PortIndex
    Cycles cycles;
  };
  explicit CaptureDesk(Sources sources) : sources_(std::move(sources)) {}

  [[nodiscard]] const std::vector<Port>& ports() const { return sources_.ports; }

  // From now on workers copy what the order wants. What it returns is a number that no other
  // capture had.
  //   RESOURCE_EXHAUSTED  somebody captures already; who, and since when
  //   INVALID_ARGUMENT    there is no such worker
  absl::StatusOr<std::uint64_t> Begin(const CaptureOrder& order, const std::string& peer);

  struct Page {
    std::vector<CapturedPacket> packets = {};      // by the time of their arrival
    std::uint64_t lost = 0;                        // since the beginning
    std::optional<CaptureEnd> end = std::nullopt;  // nothing more will come
  };
  // What has come since the last time, some hundred packets at most. Of a capture that has ended,
  // only that.
  Page Take(std::uint64_t number);

  // Again does nothing.
  void End(std::uint64_t number);
  // Several times a second: ends one whose caller has stopped to Take() and let its time go by.
  void EndOverdue();

 private:
  struct Running {
    std::uint64_t number = 0;
    std::string peer;
    absl::Time since;
    absl::Duration duration;
    std::uint64_t since_cycles = 0;
    absl::Duration begun;  // of the clock
    std::uint64_t left = 0;
    Capture* capture = nullptr;
  };
  [[nodiscard]] CapturedPacket Describe(const CaptureRecord& record, WorkerId worker,
                                        std::span<const std::uint8_t> bytes) const;

  const Sources sources_;
  std::uint64_t last_number_ = 0;
  std::optional<Running> running_;
};

}  // namespace holdfast
