// The ports as one worker uses them: by its own pair of queues.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/own_address.h"
#include "datapath/outgoing_frame.h"

namespace holdfast {

struct WorkerPort {
  PortIndex index{};
  std::uint16_t device = 0;  // DPDK's port_id
  // The worker's, to receive and to transmit, if has_queue().
  std::uint16_t queue = 0;
  // The device's pairs of queues; how many workers share the one of this worker: itself, and
  // those that are `queues` further on, and again.
  std::uint16_t queues = 1;
  std::uint16_t shared_by = 1;
  // To who sends for this worker; nullptr: it has a queue of its own.
  OutgoingRing* send_by = nullptr;
  MacAddress mac;
  std::uint32_t mtu = 1500;         // the longest IP packet
  std::uint16_t vlan = 0;           // the tag of its frames (IEEE 802.1Q); 0: none
  bool is_shared = false;           // tags tell whose its device's frames are (TaggedDevices)
  std::vector<IpPrefix> addresses;  // the balancer's own, with their subnets
  // Packets a second that the worker may give the kernel; 0: it has no interface for them.
  std::uint32_t kernel_rate = 0;

  [[nodiscard]] bool has_queue() const { return send_by == nullptr; }
  [[nodiscard]] bool Owns(const IpAddress& address) const {
    return IsOwnAddress(addresses, address);
  }
  // In one of the port's subnets.
  [[nodiscard]] bool Reaches(const IpAddress& address) const {
    return std::any_of(addresses.begin(), addresses.end(),
                       [&](const IpPrefix& own) { return own.Contains(address); });
  }
  [[nodiscard]] bool shares_with_kernel() const { return kernel_rate != 0; }
  // Nobody's own address: what claims to come from it is not answered.
  [[nodiscard]] bool IsBroadcast(const IpAddress& address) const {
    return IsBroadcastAddress(addresses, address);
  }
};

// Indexed by PortIndex; fixed while the worker runs.
class WorkerPorts {
 public:
  explicit WorkerPorts(std::vector<WorkerPort> ports) : ports_(std::move(ports)) {}

  [[nodiscard]] const std::vector<WorkerPort>& all() const { return ports_; }
  [[nodiscard]] const WorkerPort& operator[](PortIndex index) const { return ports_[Index(index)]; }
  // An own address of any port: it may be asked for on another.
  [[nodiscard]] bool Own(const IpAddress& address) const {
    return std::any_of(ports_.begin(), ports_.end(),
                       [&](const WorkerPort& port) { return port.Owns(address); });
  }

  // Of any port: they may hear each other.
  [[nodiscard]] bool Have(const MacAddress& mac) const {
    return std::any_of(ports_.begin(), ports_.end(),
                       [&](const WorkerPort& port) { return port.mac == mac; });
  }

 private:
  std::vector<WorkerPort> ports_;
};

}  // namespace holdfast
