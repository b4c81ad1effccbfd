// Snapshot: services, targets and rings, whole and immutable, behind one pointer.
//
// The management thread builds a new one for every change and publishes it at
// once; a worker takes the pointer after it received a batch (so that a packet
// that arrived after a change was acknowledged is judged by it) and drops it
// before its next quiescent state.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "balancing/maglev_ring.h"
#include "base/flow_key.h"
#include "base/forwarding_mode.h"
#include "base/ids.h"
#include "base/ipv4_tuple.h"
#include "base/mac_address.h"
#include "tables/balancing_view.h"
#include "tables/rcu.h"
#include "tables/word_map.h"

namespace holdfast {

enum class TargetState : std::uint8_t {
  kAbsent,  // no target in this slot
  kUp,
  kDraining,
  kRemoved,  // the slot waits until every table was swept (P7)
};

// What workers need of a target. Indexed by slot.
struct TargetView {
  TargetHandle handle;
  TargetState state = TargetState::kAbsent;
  PortIndex port{};  // it leaves by this one
  std::string name;
  IpAddress address;
  std::optional<ForwardingMode> forwarding = std::nullopt;  // whatever the service says
  std::uint16_t gue_port = kGuePort;
  bool down_somewhere = false;            // in a service that it is in (BalancingView::down)
  std::optional<IpAddress> gateway = {};  // by this neighbour; nothing: it is one itself

  // The neighbour that frames for it go to.
  [[nodiscard]] const IpAddress& NextHop() const { return gateway ? *gateway : address; }
};

enum class NoTargetPolicy : std::uint8_t { kReject, kDrop };

// What workers need of a service. Indexed by ServiceSlot.
struct ServiceView {
  std::string name;  // "" in a slot without a service
  IpAddress vip;
  Protocol protocol = Protocol::kTcp;
  std::vector<std::uint16_t> ports;
  NoTargetPolicy no_target = NoTargetPolicy::kReject;
  // From a hash to a target handle; empty when no target takes new requests.
  MaglevRing ring;
  ForwardingMode forwarding = ForwardingMode::kL2;
  BalancingView balancing{};
};

// A service, and how its packets go on, in one word:
//   service (16 bits) | forwarding mode (8) | its VIP is IPv4 (1)
class Destination {
 public:
  constexpr Destination() = default;  // no service
  constexpr Destination(ServiceSlot service, ForwardingMode forwarding, bool is_ipv4)
      : word_(WayOf(forwarding, is_ipv4) << 16 | static_cast<std::uint32_t>(service)) {}
  static constexpr Destination FromWord(std::uint32_t word) {
    Destination destination;
    destination.word_ = word;
    return destination;
  }

  [[nodiscard]] constexpr bool exists() const { return word_ != WordMap::kNone; }
  [[nodiscard]] constexpr ServiceSlot service() const { return ServiceSlot(word_ & 0xffff); }
  [[nodiscard]] constexpr ForwardingMode forwarding() const {
    return static_cast<ForwardingMode>(word_ >> 16 & 0xff);
  }
  // The two ways that nearly all packets go, in one comparison each.
  [[nodiscard]] constexpr bool IsIpv4InIp() const {
    return word_ >> 16 == WayOf(ForwardingMode::kIpip, true);
  }
  [[nodiscard]] constexpr bool IsL2() const { return forwarding() == ForwardingMode::kL2; }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }
  friend constexpr bool operator==(Destination, Destination) = default;

 private:
  static constexpr std::uint32_t WayOf(ForwardingMode forwarding, bool is_ipv4) {
    return static_cast<std::uint32_t>(is_ipv4) << 8 | static_cast<std::uint32_t>(forwarding);
  }

  std::uint32_t word_ = WordMap::kNone;
};
static_assert(Destination().service() == kNoService);

class Snapshot {
 public:
  struct Parts {
    std::uint64_t version = 0;
    std::vector<TargetView> targets;    // by slot; at most kMaxTargets
    std::vector<ServiceView> services;  // by ServiceSlot; at most kMaxServices
  };
  explicit Snapshot(Parts parts);

  [[nodiscard]] std::uint64_t version() const { return parts_.version; }
  // One that does not exist when nothing is configured there.
  [[nodiscard]] Destination Classify(const Ipv4Tuple& flow) const {
    return Destination::FromWord(endpoints_.Find(flow.endpoint()));
  }
  // The same of either family.
  [[nodiscard]] Destination Classify(const FlowKey& flow) const;
  // By Ipv4Tuple::endpoint(), to a Destination's word: for many flows.
  [[nodiscard]] WordMap::View endpoints() const { return endpoints_.view(); }
  // A virtual address of any service.
  [[nodiscard]] bool IsVip(const IpAddress& address) const {
    return address.IsV4() ? IsVip(__builtin_bswap32(address.V4())) : ipv6_vips_.contains(address);
  }
  // The same of an IPv4 address in network order.
  [[nodiscard]] bool IsVip(std::uint32_t address) const {
    // Most clients are nowhere near: two numbers say so, without a guess.
    const bool near = __builtin_bswap32(address) - lowest_vip_ <= highest_vip_ - lowest_vip_;
    return near && vips_.Find(address) != WordMap::kNone;
  }
  [[nodiscard]] const ServiceView& service(ServiceSlot slot) const {
    return parts_.services[Index(slot)];
  }
  [[nodiscard]] const std::vector<ServiceView>& services() const { return parts_.services; }
  [[nodiscard]] const std::vector<TargetView>& targets() const { return parts_.targets; }
  // Whether any service has a method that leaves the ring (BalancingView).
  [[nodiscard]] bool AnyLeavesRing() const { return any_leaves_ring_; }

  // The target that `handle` means, or nullptr when it is gone (P7): the slot
  // is empty, holds another generation, or its target was removed.
  [[nodiscard]] const TargetView* Find(TargetHandle handle) const;

 private:
  Parts parts_;
  WordMap endpoints_;  // by Ipv4Tuple::endpoint(), to a Destination
  WordMap vips_;
  absl::flat_hash_map<FlowKey, Destination> ipv6_endpoints_;  // by vip, its port and protocol
  absl::flat_hash_set<IpAddress> ipv6_vips_;
  bool any_leaves_ring_ = false;
  std::uint32_t lowest_vip_ = 0;  // in host order
  std::uint32_t highest_vip_ = 0;
};

// The pointer itself.
class SnapshotPublisher {
 public:
  SnapshotPublisher(RcuDomain& rcu, std::unique_ptr<const Snapshot> first);
  ~SnapshotPublisher();

  // Workers, between two quiescent states.
  [[nodiscard]] const Snapshot& Current() const {
    return *current_.load(std::memory_order_acquire);
  }
  // The management thread. When it returns, every batch received afterwards is
  // judged by `next`; the old one is retired.
  void Publish(std::unique_ptr<const Snapshot> next);

 private:
  RcuDomain& rcu_;
  std::atomic<const Snapshot*> current_;
};

}  // namespace holdfast
