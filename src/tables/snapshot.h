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
#include "base/port_set.h"
#include "base/vip.h"
#include "tables/automatic_view.h"
#include "tables/balancing_view.h"
#include "tables/destination.h"
#include "tables/echo_map.h"
#include "tables/rcu.h"
#include "tables/service_map.h"
#include "tables/service_timeouts.h"

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
// The same of a packet for a VIP where no service has its protocol and port.
enum class NoServicePolicy : std::uint8_t { kReject, kDrop, kKernel };

// What workers need of a service. Indexed by ServiceSlot.
struct ServiceView {
  std::string name;  // "" in a slot without a service
  Vip vip;
  Protocol protocol = Protocol::kTcp;
  PortSet ports;
  NoTargetPolicy no_target = NoTargetPolicy::kReject;
  // From a hash to a target handle; empty when no target takes new requests.
  MaglevRing ring;
  ForwardingMode forwarding = ForwardingMode::kL2;
  BalancingView balancing{};
  std::optional<ConnectionTimeouts> timeouts = std::nullopt;  // its own, if it has any
  // How many half-open connections of it each worker remembers. 0: as many as there are.
  std::uint32_t max_half_open = 0;
  std::uint16_t target_port = 0;  // by nat; 0: the one that the client asked for
  bool takes_echo = false;        // pings of its VIP go to its targets
  AutomaticView automatic = {};
};

class Snapshot {
 public:
  struct Parts {
    std::uint64_t version = 0;
    std::vector<TargetView> targets;    // by slot; at most kMaxTargets
    std::vector<ServiceView> services;  // by ServiceSlot; at most kMaxServices
    NoServicePolicy no_service = NoServicePolicy::kReject;
    ConnectionTimeouts timeouts = {};  // of services without their own
  };
  explicit Snapshot(Parts parts);

  [[nodiscard]] std::uint64_t version() const { return parts_.version; }
  // By ServiceMap's rules.
  [[nodiscard]] Destination Classify(const Ipv4Tuple& flow) const {
    return service_map_.Classify(flow);
  }
  [[nodiscard]] Destination Classify(const FlowKey& flow) const {
    return service_map_.Classify(flow);
  }
  // A virtual address of any service; of IPv4 also in network order.
  [[nodiscard]] bool IsVip(const IpAddress& address) const { return service_map_.IsVip(address); }
  [[nodiscard]] bool IsVip(std::uint32_t address) const { return service_map_.IsVip(address); }
  [[nodiscard]] const ServiceMap& service_map() const { return service_map_; }
  [[nodiscard]] const EchoMap& echo_map() const { return echo_map_; }
  [[nodiscard]] const ServiceView& service(ServiceSlot slot) const {
    return parts_.services[Index(slot)];
  }
  [[nodiscard]] const ServiceTimeouts& timeouts() const { return timeouts_; }
  // Any service has a max_half_open.
  [[nodiscard]] bool LimitsHalfOpen() const { return limits_half_open_; }
  [[nodiscard]] NoServicePolicy no_service() const { return parts_.no_service; }
  [[nodiscard]] const std::vector<ServiceView>& services() const { return parts_.services; }
  [[nodiscard]] const std::vector<TargetView>& targets() const { return parts_.targets; }
  // Whether any service has a method that leaves the ring (BalancingView).
  [[nodiscard]] bool AnyLeavesRing() const { return any_leaves_ring_; }
  // Whether any service has automatic affinity; and its longest linger.
  [[nodiscard]] bool AnyAutomatic() const { return any_automatic_; }
  [[nodiscard]] std::uint32_t longest_linger() const { return longest_linger_; }

  // The target that `handle` means, or nullptr when it is gone (P7): the slot
  // is empty, holds another generation, or its target was removed.
  [[nodiscard]] const TargetView* Find(TargetHandle handle) const;

 private:
  Parts parts_;
  ServiceMap service_map_;
  EchoMap echo_map_;
  ServiceTimeouts timeouts_;
  bool limits_half_open_;
  bool any_leaves_ring_;
  bool any_automatic_;
  std::uint32_t longest_linger_;
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
