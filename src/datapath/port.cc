#include "datapath/port.h"

#include <rte_dev.h>
#include <rte_ethdev.h>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "config/device_name.h"
#include "datapath/dpdk_log.h"
#include "datapath/eal.h"

namespace holdfast {
namespace {

std::string Named(const config::Port& port) {
  return absl::StrCat("port '", port.name, "' (device '", port.device, "'): ");
}

// DPDK's number of the device, which is added if it is virtual.
absl::StatusOr<std::uint16_t> DeviceOf(const config::Port& port, std::uint16_t queues) {
  const config::DeviceName device = config::ParseDeviceName(port.device, queues);
  dpdk_log::ForgetComplaint();
  if (device.bus == "vdev") {
    const int result =
        rte_eal_hotplug_add(device.bus.c_str(), device.name.c_str(), device.arguments.c_str());
    if (result < 0) return DpdkError(Named(port) + "the device cannot be made", -result);
  }
  std::uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(device.name.c_str(), &id) == 0) return id;
  return absl::NotFoundError(
      absl::StrCat(Named(port),
                   "DPDK has no driver for it. A NIC must be bound to vfio-pci first: "
                   "dpdk-devbind.py --bind=vfio-pci ",
                   device.name));
}

std::uint16_t QueuesOf(const config::Port& port, std::size_t workers,
                       const rte_eth_dev_info& device) {
  const std::size_t most = std::min(device.max_rx_queues, device.max_tx_queues);
  const auto queues = static_cast<std::uint16_t>(std::clamp<std::size_t>(most, 1, workers));
  if (queues < workers)
    spdlog::info(
        "{}has {} pairs of queues for {} workers: the first {} receive and send for the others, "
        "which costs them time. If it can have more (net_af_packet: qpairs={{queues}}; net_af_xdp: "
        "queue_count={{queues}}), give it as many",
        Named(port), queues, workers, queues);
  return queues;
}

// The same queue for both directions of a flow: each byte pair of the key is the same one
// (Woo and Park, "Scalable TCP session monitoring with symmetric receive-side scaling").
constexpr std::uint8_t kSymmetricKey[] = {0x6d, 0x5a};
constexpr std::size_t kLongestKey = 64;

}  // namespace

RssChoice RssChoice::For(config::Spread spread, const rte_eth_dev_info& device) {
  RssChoice choice;
  const std::uint64_t wanted = spread == config::Spread::kAddresses
                                   ? RTE_ETH_RSS_IP
                                   : RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;
  choice.functions = device.flow_type_rss_offloads & wanted;
  if (spread != config::Spread::kSymmetric) return choice;
  choice.key.resize(
      device.hash_key_size == 0 ? 40 : std::min<std::size_t>(device.hash_key_size, kLongestKey));
  for (std::size_t i = 0; i < choice.key.size(); ++i) choice.key[i] = kSymmetricKey[i % 2];
  return choice;
}

namespace {

rte_eth_conf ConfigurationFor(std::uint32_t mtu, std::uint16_t queues,
                              const rte_eth_dev_info& device, RssChoice& rss) {
  rte_eth_conf configuration{};
  configuration.rxmode.mtu = mtu;
  configuration.rxmode.offloads = device.rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  // All buffers are of one pool, in one piece, and nobody else's.
  configuration.txmode.offloads = device.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  if (queues > 1 && rss.functions != 0) {
    configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    configuration.rx_adv_conf.rss_conf = {.rss_key = rss.key.empty() ? nullptr : rss.key.data(),
                                          .rss_key_len = static_cast<std::uint8_t>(rss.key.size()),
                                          .rss_hf = rss.functions};
  }
  return configuration;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> Port::Open(const config::Port& config, PortIndex index,
                                                 const Needs& needs, rte_mempool* packets) {
  const auto device = DeviceOf(config, static_cast<std::uint16_t>(needs.workers));
  if (!device.ok()) return device.status();
  auto port = std::unique_ptr<Port>(new Port(config, index, *device));
  if (auto status = port->Configure(needs, packets); !status.ok()) return status;
  return port;
}

std::unique_ptr<Port> Port::OpenVlan(const config::Port& config, PortIndex index,
                                     const Port& opener) {
  auto port = std::unique_ptr<Port>(new Port(config, index, opener.device_));
  port->mac_ = opener.mac_;
  port->queues_ = opener.queues_;
  port->owns_device_ = false;
  return port;
}

Port::~Port() {
  if (!owns_device_) return;
  rte_eth_dev_stop(device_);
  rte_eth_dev_close(device_);
}

absl::Status Port::Configure(const Needs& needs, rte_mempool* packets) {
  rte_eth_dev_info device;
  if (const int result = rte_eth_dev_info_get(device_, &device); result != 0)
    return Error("the device does not answer", result);
  queues_ = QueuesOf(config_, needs.workers, device);
  RssChoice rss = RssChoice::For(needs.spread, device);
  const rte_eth_conf configuration = ConfigurationFor(needs.mtu, queues_, device, rss);
  if (const int result = rte_eth_dev_configure(device_, queues_, queues_, &configuration);
      result != 0)
    return Error(absl::StrCat("refuses ", queues_, " queues and an MTU of ", needs.mtu), result);
  if (auto status = SetUpQueues(packets); !status.ok()) return status;
  if (auto status = SetMtu(needs.mtu); !status.ok()) return status;
  return ReadMac();
}

absl::Status Port::SetUpQueues(rte_mempool* packets) {
  auto receive = static_cast<std::uint16_t>(config_.rx_descriptors);
  auto transmit = static_cast<std::uint16_t>(config_.tx_descriptors);
  const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(device_));
  int result = rte_eth_dev_adjust_nb_rx_tx_desc(device_, &receive, &transmit);
  for (std::uint16_t queue = 0; result == 0 && queue < queues_; ++queue) {
    result = rte_eth_rx_queue_setup(device_, queue, receive, socket, nullptr, packets);
    if (result == 0) result = rte_eth_tx_queue_setup(device_, queue, transmit, socket, nullptr);
  }
  if (result == 0) return absl::OkStatus();
  return Error(absl::StrCat("refuses queues of ", receive, " and ", transmit,
                            " descriptors (rx_descriptors, tx_descriptors)"),
               result);
}

// Devices that have no MTU of their own to set take any frame.
absl::Status Port::SetMtu(std::uint32_t mtu) {
  const int result = rte_eth_dev_set_mtu(device_, static_cast<std::uint16_t>(mtu));
  if (result == 0 || result == -ENOTSUP) return absl::OkStatus();
  return Error(absl::StrCat("refuses an MTU of ", mtu), result);
}

absl::Status Port::ReadMac() {
  rte_ether_addr address;
  if (const int result = rte_eth_macaddr_get(device_, &address); result != 0)
    return Error("tells no MAC address", result);
  std::memcpy(mac_.bytes.data(), address.addr_bytes, mac_.bytes.size());
  return absl::OkStatus();
}

absl::Status Port::Start() {
  // Of groups that the kernel is in (OSPF, neighbour discovery) the device knows nothing.
  // One that cannot choose gives all of them anyway.
  if (config_.kernel) rte_eth_allmulticast_enable(device_);
  const int result = owns_device_ ? rte_eth_dev_start(device_) : 0;
  if (result != 0) return Error("does not start", result);
  HearGroups();
  return absl::OkStatus();
}

// IPv6 hosts look for each other by groups of their addresses' ends (RFC 4291, 2.7.1); VIPs
// come and go.
void Port::HearGroups() const {
  const bool has_ipv6 = std::any_of(config_.addresses.begin(), config_.addresses.end(),
                                    [](const IpPrefix& own) { return !own.address.IsV4(); });
  if (!has_ipv6 || rte_eth_allmulticast_enable(device_) == 0) return;
  spdlog::info(
      "{}its driver cannot tell the device to take all multicast. If IPv6 neighbours do not find "
      "us: ip link set INTERFACE allmulticast on",
      Named(config_));
}

WorkerPort Port::ForWorker(std::size_t worker, std::size_t workers) const {
  const std::size_t owner = OwnerFor(worker);
  return {.index = index_,
          .device = device_,
          .queue = static_cast<std::uint16_t>(owner),
          .queues = queues_,
          .shared_by = static_cast<std::uint16_t>((workers - owner + queues_ - 1) / queues_),
          .mac = mac_,
          .mtu = config_.mtu,
          .vlan = config_.vlan,
          .is_shared = is_shared_,
          .addresses = config_.addresses,
          .kernel_rate = config_.kernel ? config_.kernel->packets_per_second : 0};
}

absl::Status Port::Error(const std::string& what, int dpdk_result) const {
  return DpdkError(Named(config_) + what, -dpdk_result);
}

}  // namespace holdfast
