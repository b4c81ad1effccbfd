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
struct rte_eth_dev_info;

namespace holdfast {

// How a device spreads flows over its queues (RSS).
struct RssChoice {
  std::uint64_t functions = 0;    // RTE_ETH_RSS_*; 0: it cannot
  std::vector<std::uint8_t> key;  // none: the device's own

  static RssChoice For(config::Spread spread, const rte_eth_dev_info& device);
};

class Port {
 public:
  // Opens the device and sets up its queues; nothing is received yet. The status
  // names the port, the device, what failed and what to do.
  // As many queues as there are workers, or as the device has.
  struct Needs {
    std::size_t workers = 1;
    std::uint32_t mtu = 1500;  // the longest of all ports of the device
    config::Spread spread = config::Spread::kFlow;
  };
  static absl::StatusOr<std::unique_ptr<Port>> Open(const config::Port& config, PortIndex index,
                                                    const Needs& needs, rte_mempool* packets);
  // Of the device that `opener` has opened, which outlives it.
  static std::unique_ptr<Port> OpenVlan(const config::Port& config, PortIndex index,
                                        const Port& opener);
  ~Port();  // stops and gives the device back
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  absl::Status Start();

  // As this worker uses it, but for who sends for it.
  [[nodiscard]] WorkerPort ForWorker(std::size_t worker, std::size_t workers) const;
  // Pairs of them: as many as there are workers, if it has so many. The worker that has the one
  // of another one, and of itself.
  [[nodiscard]] std::uint16_t queues() const { return queues_; }
  [[nodiscard]] std::size_t OwnerFor(std::size_t worker) const { return worker % queues_; }
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

  absl::Status Configure(const Needs& needs, rte_mempool* packets);
  absl::Status SetUpQueues(rte_mempool* packets);
  absl::Status SetMtu(std::uint32_t mtu);
  absl::Status ReadMac();
  void HearGroups() const;
  // "port 'lan0' (device 'net_...')": `what`, with DPDK's reason.
  [[nodiscard]] absl::Status Error(const std::string& what, int dpdk_result) const;

  const config::Port config_;
  const PortIndex index_;
  const std::uint16_t device_;
  MacAddress mac_;
  std::uint16_t queues_ = 1;
  bool owns_device_ = true;
  bool is_shared_ = false;
};

}  // namespace holdfast
