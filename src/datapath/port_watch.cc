#include "datapath/port_watch.h"

#include <net/if.h>
#include <rte_ethdev.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "config/device_name.h"

namespace holdfast {
namespace {

struct PortMetric {
  std::uint64_t rte_eth_stats::*field;
  const char* name;
  const char* help;
};
constexpr PortMetric kPortMetrics[] = {
    {&rte_eth_stats::ipackets, "holdfast_port_rx_packets_total",
     "Packets that the device received."},
    {&rte_eth_stats::opackets, "holdfast_port_tx_packets_total", "Packets that the device sent."},
    {&rte_eth_stats::ibytes, "holdfast_port_rx_bytes_total", "Bytes that the device received."},
    {&rte_eth_stats::obytes, "holdfast_port_tx_bytes_total", "Bytes that the device sent."},
    {&rte_eth_stats::imissed, "holdfast_port_rx_missed_total",
     "Packets that the device lost because a worker did not fetch them in time."},
    {&rte_eth_stats::ierrors, "holdfast_port_rx_errors_total", "Packets received with an error."},
    {&rte_eth_stats::oerrors, "holdfast_port_tx_errors_total", "Packets that could not be sent."},
    {&rte_eth_stats::rx_nombuf, "holdfast_port_rx_no_buffer_total",
     "Packets lost because there was no free buffer: raise eal.memory_mb."},
};

std::string InterfaceOf(const Port& port) {
  return config::ParseDeviceName(port.config().device, 1).KernelInterface();
}

}  // namespace

PortWatch::PortWatch(const std::vector<std::unique_ptr<Port>>& ports)
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  for (const auto& port : ports) {
    const std::string interface = InterfaceOf(*port);
    ports_.push_back(
        {port.get(), interface, if_nametoindex(interface.c_str()), std::make_unique<LinkState>()});
    ports_.back().link->is_up.Set(1);
  }
}

PortWatch::~PortWatch() {
  if (socket_ >= 0) close(socket_);
}

absl::Status PortWatch::Check() const {
  for (const Watched& watched : ports_)
    if (auto status = Check(watched); !status.ok()) return status;
  return absl::OkStatus();
}

absl::Status PortWatch::Check(const Watched& watched) {
  const config::Port& port = watched.port->config();
  const std::string what = absl::StrCat("port '", port.name, "' (device '", port.device, "') ");
  if (rte_eth_dev_is_removed(watched.port->device()) != 0)
    return absl::UnavailableError(absl::StrCat(
        what, "is gone: the NIC was removed. Put it back, or bind it again, and start anew"));
  if (watched.kernel_interface.empty() ||
      if_nametoindex(watched.kernel_interface.c_str()) == watched.interface_index)
    return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(what, "is gone: the network interface '",
                                             watched.kernel_interface,
                                             "' was deleted. Make it again and start anew"));
}

// Drivers on a kernel interface call their link up whatever the interface says.
bool PortWatch::HasLink(const Watched& watched) const {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(watched.port->device(), &link) == 0 &&
      link.link_status == RTE_ETH_LINK_DOWN)
    return false;
  if (watched.kernel_interface.empty()) return true;
  ifreq request{};
  watched.kernel_interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  return ioctl(socket_, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_RUNNING) != 0;
}

std::vector<PortIndex> PortWatch::WatchLinks() {
  std::vector<PortIndex> risen;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const bool is_up = HasLink(ports_[i]);
    LinkState& link = *ports_[i].link;
    if (is_up == (link.is_up.Read() != 0)) continue;
    link.is_up.Set(is_up ? 1 : 0);
    link.changes.Add(1);
    const config::Port& port = ports_[i].port->config();
    if (is_up) {
      spdlog::info("port '{}' (device '{}'): its link is up again", port.name, port.device);
      risen.push_back(PortIndex(i));
    } else {
      spdlog::error("port '{}' (device '{}'): its link is down; nothing comes or goes by it",
                    port.name, port.device);
    }
  }
  return risen;
}

std::vector<Family> PortWatch::Families() const {
  std::vector<Family> families;
  for (const PortMetric& metric : kPortMetrics)
    families.push_back({metric.name, metric.help, MetricKind::kCounter, {}});
  for (const Watched& watched : ports_) {
    if (!watched.port->owns_device()) continue;  // a device counts once, whoever shares it
    rte_eth_stats stats{};
    if (rte_eth_stats_get(watched.port->device(), &stats) != 0) continue;
    for (std::size_t i = 0; i < families.size(); ++i)
      families[i].samples.push_back({{{"port", watched.port->config().name}},
                                     static_cast<double>(stats.*kPortMetrics[i].field)});
  }
  families.push_back({"holdfast_port_link_up",
                      "1 while the port's link carries; looked at once a second.",
                      MetricKind::kGauge, LinkSamples(&LinkState::is_up)});
  families.push_back({"holdfast_port_link_changes_total",
                      "How often the port's link was lost or came up.", MetricKind::kCounter,
                      LinkSamples(&LinkState::changes)});
  return families;
}

std::vector<Sample> PortWatch::LinkSamples(Counter LinkState::*field) const {
  std::vector<Sample> samples;
  for (const Watched& watched : ports_)
    samples.push_back({{{"port", watched.port->config().name}},
                       static_cast<double>(((*watched.link).*field).Read())});
  return samples;
}

}  // namespace holdfast
