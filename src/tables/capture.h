// Capture: which received packets an operator wants to see, and the lanes by which workers hand
// them over. And the pointer by which workers find it, while there is one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "tables/capture_lane.h"
#include "tables/rcu.h"

namespace holdfast {

enum class CaptureProtocol : std::uint8_t { kTcp, kUdp, kIcmp };  // kIcmp: of either family

// What is empty lets everything pass.
struct CaptureFilter {
  // By what the frame's headers say: who sent it, and to whom. ARP has addresses, too.
  std::optional<IpPrefix> client = std::nullopt;
  std::optional<IpAddress> vip = std::nullopt;
  std::optional<std::uint16_t> port = std::nullopt;  // that it is for
  std::optional<CaptureProtocol> protocol = std::nullopt;
  // By who received it, and what became of it.
  std::optional<WorkerId> worker = std::nullopt;
  bool drops_only = false;
  std::optional<DropReason> drop_reason = std::nullopt;

  [[nodiscard]] bool Wants(const CaptureVerdict& verdict) const {
    const bool dropped = verdict.fate == CaptureFate::kDropped;
    if (drop_reason) return dropped && verdict.drop == *drop_reason;
    return dropped || !drops_only;
  }
};

struct CaptureLimits {
  static constexpr std::uint32_t kLeastSnap = 14;  // an Ethernet header
  static constexpr std::uint32_t kMostSnap = 9216;
  static constexpr std::uint64_t kMostCount = 1'000'000;

  std::uint32_t snap = 128;    // bytes of each packet
  std::uint64_t count = 1000;  // packets
};

// Immutable, but for the lanes.
class Capture {
 public:
  Capture(const CaptureFilter& filter, const CaptureLimits& limits, std::size_t workers);

  [[nodiscard]] const CaptureFilter& filter() const { return filter_; }
  [[nodiscard]] const CaptureLimits& limits() const { return limits_; }
  [[nodiscard]] CaptureLane& lane(WorkerId worker) { return *lanes_[Index(worker)]; }
  [[nodiscard]] std::size_t workers() const { return lanes_.size(); }
  // How many packets were lost, since a lane was full.
  [[nodiscard]] std::uint64_t lost() const;

  // Packets that a worker has on their way: two batches.
  static constexpr std::size_t kOnTheirWay = 128;

 private:
  const CaptureFilter filter_;
  const CaptureLimits limits_;
  std::vector<std::unique_ptr<CaptureLane>> lanes_;  // by WorkerId
};

class CapturePublisher {
 public:
  explicit CapturePublisher(RcuDomain& rcu) : rcu_(rcu) {}
  ~CapturePublisher() { delete current_.load(); }  // REQUIRES: all workers offline
  CapturePublisher(const CapturePublisher&) = delete;
  CapturePublisher& operator=(const CapturePublisher&) = delete;

  // Workers, between two quiescent states. nullptr: nobody captures.
  [[nodiscard]] Capture* Current() const { return current_.load(std::memory_order_acquire); }
  // The management thread. Publish() REQUIRES: nobody captures. Valid until Withdraw().
  Capture& Publish(std::unique_ptr<Capture> capture);
  void Withdraw();

 private:
  RcuDomain& rcu_;
  std::atomic<Capture*> current_{nullptr};
};

}  // namespace holdfast
