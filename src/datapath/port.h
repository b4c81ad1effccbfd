// Port: an Ethernet device of DPDK's, with one pair of queues for each worker; or a VLAN of
// one that another port has opened.
//
// Thread: the management core; workers use the queues between Start() and the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/mac_address.h"
#include "config/balancer_config.h"
#include "datapath/worker_ports.h"

struct rte_mempool;

namespace holdfast {

class Port {
 public:
  // Opens the device and sets up its queues; nothing is received yet. The status
  // names the port, the device, what failed and what to do. `device_mtu`: the longest of all
  // ports of the device.
  static absl::StatusOr<std::unique_ptr<Port>> Open(const config::Port& config, PortIndex index,
                                                    std::uint16_t queues, std::uint32_t device_mtu,
                                                    rte_mempool* packets);
  // Of the device that `opener` has opened, which outlives it.
  static std::unique_ptr<Port> OpenVlan(const config::Port& config, PortIndex index,
                                        const Port& opener);
  ~Port();  // stops and gives the device back
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  absl::Status Start();

  // As the worker with this queue uses it.
  [[nodiscard]] WorkerPort ForWorker(std::uint16_t queue) const;
  [[nodiscard]] std::uint16_t device() const { return device_; }
  [[nodiscard]] const config::Port& config() const { return config_; }
  [[nodiscard]] const MacAddress& mac() const { return mac_; }
  // It has opened its device.
  [[nodiscard]] bool owns_device() const { return owns_device_; }
  // There are tags at its device, which tell its ports.
  void SetShared() { is_shared_ = true; }

 private:
  Port(const config::Port& config, PortIndex index, std::uint16_t device)
      : config_(config), index_(index), device_(device) {}

  absl::Status Configure(std::uint16_t queues, std::uint32_t mtu, rte_mempool* packets);
  absl::Status SetUpQueues(std::uint16_t queues, rte_mempool* packets);
  absl::Status SetMtu(std::uint32_t mtu);
  absl::Status ReadMac();
  void HearGroups() const;
  // "port 'lan0' (device 'net_...')": `what`, with DPDK's reason.
  [[nodiscard]] absl::Status Error(const std::string& what, int dpdk_result) const;

  const config::Port config_;
  const PortIndex index_;
  const std::uint16_t device_;
  MacAddress mac_;
  bool owns_device_ = true;
  bool is_shared_ = false;
};

}  // namespace holdfast
