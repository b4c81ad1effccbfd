#include "datapath/kernel_share.h"

#include <pthread.h>
#include <rte_mbuf.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "config/device_name.h"
#include "kernel/interface_settings.h"
#include "stats/metric.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kEthernetHeader = 14;

std::vector<Metric<KernelCounters::Way>> WayMetrics() {
  using Way = KernelCounters::Way;
  return {
      {&Way::packets, "holdfast_kernel_packets_total",
       "Frames between a port and its kernel interface. to_kernel: that the port received; "
       "from_kernel: that the kernel sends by it."},
      {&Way::bytes, "holdfast_kernel_bytes_total", "Bytes of those frames, without FCS."},
      {&Way::drops, "holdfast_kernel_drops_total", "reason", kKernelDropNames,
       "Frames that were lost at a port's kernel interface. Those that a worker did not even "
       "hand over are in holdfast_drops_total: kernel_rate, kernel_full."},
  };
}

absl::Status SilenceInterfaceUnder(const Port& port) {
  const std::string under = config::ParseDeviceName(port.config().device, 1).KernelInterface();
  return under.empty() ? absl::OkStatus() : SilenceInterfaceUnderPort(under);
}

// The first blanks; the worker replaces them.
absl::Status FillBlanks(KernelLane& lane) {
  for (std::size_t i = 0; i < KernelLane::kBlanks; ++i) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(lane.packets);
    if (mbuf == nullptr)
      return absl::ResourceExhaustedError(
          "no packet buffers for what the kernel sends: raise eal.memory_mb");
    lane.blanks.Push(mbuf);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KernelShare>> KernelShare::Create(
    const std::vector<std::unique_ptr<Port>>& ports, std::size_t workers, rte_mempool* packets) {
  auto share = std::unique_ptr<KernelShare>(new KernelShare);
  std::vector<KernelMover::Interface> interfaces;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const config::Port& port = ports[i]->config();
    if (!port.kernel) continue;
    if (auto status = share->MakeInterface(*ports[i]); !status.ok()) return status;
    interfaces.push_back({port.kernel->interface, share->taps_.back().descriptor(), PortIndex(i),
                          port.mtu + kEthernetHeader});
  }
  if (interfaces.empty()) return nullptr;
  if (auto status = share->MakeLanes(workers, packets); !status.ok()) return status;
  std::vector<KernelLane*> lanes;
  for (const auto& lane : share->lanes_) lanes.push_back(lane.get());
  share->mover_ = std::make_unique<KernelMover>(std::move(interfaces), std::move(lanes));
  return share;
}

KernelShare::~KernelShare() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

absl::Status KernelShare::MakeInterface(const Port& port) {
  // First: from now on the kernel has addresses that it could answer for there.
  if (auto status = SilenceInterfaceUnder(port); !status.ok()) return status;
  const config::Port& config = port.config();
  auto tap = Tap::Create({.interface = config.kernel->interface,
                          .mac = port.mac(),
                          .mtu = config.mtu,
                          .addresses = config.addresses});
  if (!tap.ok()) return tap.status();
  taps_.push_back(*std::move(tap));
  ports_.push_back(config.name);
  spdlog::info(
      "port '{}': what is not for a service goes to kernel interface '{}', {} packets a "
      "second from each worker at most",
      config.name, config.kernel->interface, config.kernel->packets_per_second);
  return absl::OkStatus();
}

absl::Status KernelShare::MakeLanes(std::size_t workers, rte_mempool* packets) {
  for (std::size_t i = 0; i < workers; ++i) {
    auto lane = KernelLane::Create(absl::StrCat("kernel_", i), packets);
    if (!lane.ok()) return lane.status();
    lanes_.push_back(std::make_unique<KernelLane>(*std::move(lane)));
  }
  return FillBlanks(*lanes_.front());
}

void KernelShare::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "holdfast-kernel");
}

void KernelShare::Run() {
  while (!stop_.load(std::memory_order_relaxed))
    if (!mover_->Move()) mover_->Wait();
}

std::vector<Family> KernelShare::Families() const {
  std::vector<Family> families;
  for (const auto& metric : WayMetrics()) {
    Family& family = families.emplace_back(metric.Empty());
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      const KernelCounters& counters = mover_->counters(i);
      const auto add = [&](KernelDirection direction, const KernelCounters::Way& way) {
        const auto name = kKernelDirectionNames[static_cast<std::size_t>(direction)];
        metric.AddSamples({{"port", ports_[i]}, {"direction", std::string(name)}}, way,
                          family.samples);
      };
      add(KernelDirection::kToKernel, counters.to_kernel);
      add(KernelDirection::kFromKernel, counters.from_kernel);
    }
  }
  return families;
}

}  // namespace holdfast
