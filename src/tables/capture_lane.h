// CaptureLane: the captured packets of one worker, on their way to the management thread. Fixed
// size, without locks; when it is full a packet is lost, and counted.
//
// Thread roles
//   the worker          Push(), scratch()
//   the management core Drain(), lost()
//
// Invariants
//   (1) Records head_ to tail_ are whole: the worker stores tail_ with release after it wrote
//       them, and writes a place again only after head_, loaded with acquire, has passed it.
//   (2) No more than `most` are pushed: a capture ends there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "stats/counter.h"
#include "stats/worker_counters.h"

namespace holdfast {

// What became of a received packet.
enum class CaptureFate : std::uint8_t {
  kUnknown,
  kForwarded,
  kDropped,  // refused, too: then it has a reply
  kLocal,
  kHeld,        // a later fragment that waits for its first one; it comes again
  kHandedOver,  // to the worker that has its connection, where it comes again
  kReturned,    // by nat, to its client
};

struct CaptureVerdict {
  CaptureFate fate = CaptureFate::kUnknown;
  Step step = Step::kConnection;              // of what has a target
  DropReason drop = DropReason::kTruncated;   // of kDropped
  LocalPacket local = LocalPacket::kKernel;   // of kLocal
  std::optional<Reply> reply = std::nullopt;  // what it was turned into
  std::optional<TargetHandle> target =
      std::nullopt;                  // of kForwarded; of kDropped, on its way there
  ServiceSlot service = kNoService;  // of what has a target, and of kReturned
};

struct CaptureRecord {
  std::uint64_t cycles = 0;  // TSC, when its batch was received
  std::uint32_t length = 0;  // of the frame, without FCS
  std::uint32_t kept = 0;    // bytes of it that are here
  PortIndex port{};          // where it was received
  CaptureVerdict verdict = {};
};

class CaptureLane {
 public:
  // `snap` bytes of each packet are kept. `slots`: a power of two. `batch`: how many packets
  // a worker may have on their way at once.
  CaptureLane(std::size_t slots, std::uint32_t snap, std::uint64_t most, std::size_t batch);

  // ---- the worker
  [[nodiscard]] bool wants_more() const { return pushed_ < most_; }
  // Where bytes of a packet on its way may be kept: `i` below `batch`.
  [[nodiscard]] std::uint8_t* scratch(std::size_t i) { return &scratch_[i * snap_]; }
  void Push(const CaptureRecord& record, const std::uint8_t* bytes);

  // ---- the management core
  // visit(record, bytes) for at most `most` of them, oldest first.
  template <typename Visit>
  std::size_t Drain(std::size_t most, Visit visit) {
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    std::size_t count = 0;
    for (; head != tail && count < most; ++head, ++count) {
      const CaptureRecord& record = records_[head & mask_];
      visit(record, std::span<const std::uint8_t>(BytesAt(head), record.kept));
    }
    head_.store(head, std::memory_order_release);
    return count;
  }
  [[nodiscard]] std::uint64_t lost() const { return lost_.Read(); }

 private:
  [[nodiscard]] std::uint8_t* BytesAt(std::uint64_t place) {
    return &bytes_[(place & mask_) * snap_];
  }

  const std::uint64_t mask_;
  const std::uint32_t snap_;
  const std::uint64_t most_;
  std::vector<CaptureRecord> records_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::unique_ptr<std::uint8_t[]> scratch_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // of the worker
  std::uint64_t pushed_ = 0;
  Counter lost_;
  alignas(64) std::atomic<std::uint64_t> head_{0};  // of the management core
};

}  // namespace holdfast
