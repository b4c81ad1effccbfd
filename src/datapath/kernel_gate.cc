#include "datapath/kernel_gate.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <span>

#include "datapath/probe.h"
#include "datapath/punt.h"
#include "datapath/send_frame.h"

namespace holdfast {
namespace {

// A turn must stay short.
constexpr std::size_t kSentAtOnce = 32;
// So many may come at once, of a rate's second: 50 ms of it.
constexpr std::uint64_t kBurstsPerSecond = 20;

}  // namespace

KernelGate::KernelGate(KernelLane* lane, const ProbeTable* probes, const WorkerPorts& ports,
                       std::uint64_t cycles_per_second)
    : lane_(lane), probes_(probes) {
  for (const WorkerPort& port : ports.all()) {
    const std::uint64_t rate = std::max<std::uint64_t>(port.kernel_rate, kBurstsPerSecond);
    rates_.emplace_back(cycles_per_second, rate, rate / kBurstsPerSecond);
  }
}

void KernelGate::HandOver(Batch& batch) {
  const PortIndex port = batch.port().index;
  for (rte_mbuf* const mbuf : batch.for_kernel()) {
    if (on_their_way_ == KernelLane::kMostToKernel) TakeBack();
    if (!rates_[Index(port)].Allows(batch.turn().cycles))
      batch.Drop(mbuf, DropReason::kKernelRate);
    else if (!Give(mbuf, port))
      batch.Drop(mbuf, DropReason::kKernelFull);
    else
      batch.Count(LocalPacket::kKernel, mbuf);
  }
}

bool KernelGate::Give(rte_mbuf* mbuf, PortIndex port) {
  if (on_their_way_ == KernelLane::kMostToKernel) return false;
  if (!lane_->to_kernel.Push({.mbuf = mbuf, .port = port})) return false;
  ++on_their_way_;
  return true;
}

void KernelGate::TakeBack() {
  std::array<rte_mbuf*, 64> spent;
  const std::size_t count = lane_->spent.Pop(spent);
  if (count == 0) return;
  rte_pktmbuf_free_bulk(spent.data(), static_cast<unsigned>(count));
  on_their_way_ -= count;
}

Reply KernelGate::Send(const OutgoingFrame& frame, const WorkerPorts& ports,
                       const Snapshot& snapshot, TargetLines& lines) const {
  const FrameView view = FrameOf(frame.mbuf);
  const Reply kind = KindOfKernelFrame(view, snapshot);
  if (kind == Reply::kFromKernelToVip && probes_ != nullptr)
    if (const auto aim = AimOf(view, *probes_)) {
      const auto port = AddressProbe(frame.mbuf, *aim, snapshot, lines);
      if (!port) rte_pktmbuf_free(frame.mbuf);
      return port && SendWhole(ports[*port], frame.mbuf) ? Reply::kProbe : Reply::kProbeLost;
    }
  return SendFrame(ports[frame.port], frame.mbuf) ? kind : Reply::kFromKernelLost;
}

void KernelGate::SendFromKernel(const WorkerPorts& ports, const Snapshot& snapshot,
                                TargetLines& lines, WorkerCounters& counters) {
  std::array<OutgoingFrame, kSentAtOnce> frames;
  const std::size_t count = lane_->from_kernel.Pop(frames);
  for (const OutgoingFrame& frame : std::span(frames.data(), count)) {
    const Reply end = Send(frame, ports, snapshot, lines);
    counters.replies[end].Add(1);
    if (end != Reply::kFromKernelLost && end != Reply::kProbeLost) counters.tx_packets.Add(1);
  }
  blanks_owed_ += count;
  if (blanks_owed_ != 0) ReplaceBlanks();
}

void KernelGate::ReplaceBlanks() {
  std::array<rte_mbuf*, kSentAtOnce> blanks;
  const auto wanted = static_cast<unsigned>(std::min(blanks_owed_, blanks.size()));
  rte_mempool* const pool = lane_->packets;
  if (rte_pktmbuf_alloc_bulk(pool, blanks.data(), wanted) != 0) return;
  for (rte_mbuf* const blank : std::span(blanks.data(), wanted)) lane_->blanks.Push(blank);
  blanks_owed_ -= wanted;
}

}  // namespace holdfast
