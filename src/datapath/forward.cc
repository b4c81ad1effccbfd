#include <rte_mbuf.h>

#include "datapath/flow_entropy.h"
#include "datapath/put_headers.h"
#include "datapath/stages.h"
#include "datapath/target_path.h"

namespace holdfast {
namespace {

// Frames get as much before them at the most: all were put into the buffer behind that.
static_assert(RTE_PKTMBUF_HEADROOM >= OuterHeader::kGueGrowth);

class Forwarder {
 public:
  Forwarder(Batch& batch, const TargetLines& lines, std::span<Departures> departures,
            ReplyLimiter& limiter, Nat& nat)
      : batch_(batch), lines_(lines), departures_(departures), limiter_(limiter), nat_(nat) {}

  // From the `first` one on those that go as it does; returns the next one.
  std::size_t ForwardAlike(std::size_t first) {
    const Destination way = batch_.destination(first);
    switch (way.forwarding()) {
      case ForwardingMode::kL2:
        return ForwardRun<ForwardingMode::kL2, true>(first, way);
      case ForwardingMode::kIpip:
        return way.is_ipv4() ? ForwardRun<ForwardingMode::kIpip, true>(first, way)
                             : ForwardRun<ForwardingMode::kIpip, false>(first, way);
      case ForwardingMode::kGue:
        return way.is_ipv4() ? ForwardRun<ForwardingMode::kGue, true>(first, way)
                             : ForwardRun<ForwardingMode::kGue, false>(first, way);
      case ForwardingMode::kNat:
        break;
    }
    return ForwardRun<ForwardingMode::kNat, true>(first, way);
  }

 private:
  template <ForwardingMode kMode, bool kIsIpv4>
  std::size_t ForwardRun(std::size_t first, Destination way) {
    const std::size_t end = EndOfRun(first, way);
    for (std::size_t i = first; i != end; ++i) {
      TargetLine* const line = batch_.line(i);
      if (line != nullptr) [[likely]]
        ForwardTo<kMode, kIsIpv4>(*line, i);
    }
    return end;
  }
  [[nodiscard]] std::size_t EndOfRun(std::size_t first, Destination way) const {
    std::size_t end = batch_.alike() ? batch_.flow_count() : first + 1;
    while (end != batch_.flow_count() && batch_.destination(end).GoesAs(way)) ++end;
    return end;
  }

  template <ForwardingMode kMode, bool kIsIpv4>
  [[gnu::always_inline]] void ForwardTo(const TargetLine& line, std::size_t i) {
    const TargetPath& path = PathOf(line);
    rte_mbuf* const mbuf = batch_.mbuf(i);
    bool goes = false;
    if constexpr (kMode == ForwardingMode::kL2)
      goes = RewriteL2(mbuf, path);
    else if constexpr (kMode != ForwardingMode::kNat)
      goes = EncapsulateInIpv4<kMode, kIsIpv4>(mbuf, path, i) ||
             EncapsulateOtherwise<kMode, kIsIpv4>(mbuf, lines_.TunnelOf(line), i);
    Departures& departures = departures_[Index(path.port)];
    if (goes) [[likely]]
      departures.Add(mbuf, i);
    else
      ForwardOtherwise(batch_, i, lines_.TunnelOf(line), departures, limiter_, nat_);
  }

  static bool RewriteL2(rte_mbuf* mbuf, const TargetPath& path) {
    if (mbuf->data_len > path.longest_l2) [[unlikely]]
      return false;
    path.header.WriteL2(rte_pktmbuf_mtod(mbuf, std::uint8_t*));
    return true;
  }

  // What the frame had after the inner packet, padding, is cut off. pkt_len and data_len get
  // their values in one store, with vlan_tci behind them, which says nothing of what is sent.
  template <ForwardingMode kMode, bool kIsIpv4>
  [[gnu::always_inline]] bool EncapsulateInIpv4(rte_mbuf* mbuf, const TargetPath& path,
                                                std::size_t i) const {
    static_assert(offsetof(rte_mbuf, data_len) == offsetof(rte_mbuf, pkt_len) + 4);
    static_assert(offsetof(rte_mbuf, vlan_tci) == offsetof(rte_mbuf, pkt_len) + 6);
    constexpr bool kIsGue = kMode == ForwardingMode::kGue;
    constexpr std::size_t kGrowth = kIsGue ? OuterHeader::kGueGrowth : OuterHeader::kIpipGrowth;
    constexpr std::uint64_t kLonger = (kGrowth - OuterHeader::kIpipGrowth) * 0x1'0000'0001;
    const IpipCompletions& ipip = batch_.ipip();
    const std::uint64_t lengths = ipip.lengths[i] + kLonger;
    if (static_cast<std::uint32_t>(lengths) > path.longest_in_ipv4) [[unlikely]]
      return false;
    mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off - kGrowth);
    std::memcpy(static_cast<void*>(&mbuf->pkt_len), &lengths, sizeof lengths);
    auto* const frame = rte_pktmbuf_mtod(mbuf, std::uint8_t*);
    if constexpr (kIsGue)
      path.header.WriteGue(frame, ipip.first_words[i], ipip.sums[i], EntropyOf(batch_.hash(i)));
    else
      path.header.WriteIpip<kIsIpv4 ? kProtocolIpv4 : kProtocolIpv6>(frame, ipip.first_words[i],
                                                                     ipip.sums[i]);
    return true;
  }

  // The same of targets whose addresses are IPv6, and of ports with tags.
  template <ForwardingMode kMode, bool kIsIpv4>
  [[gnu::always_inline]] bool EncapsulateOtherwise(rte_mbuf* mbuf, const TunnelPath& path,
                                                   std::size_t i) const {
    const auto inner =
        InnerPacket::Of(rte_pktmbuf_mtod(mbuf, const std::uint8_t*) + sizeof(EthernetHeader),
                        kIsIpv4, EntropyOf(batch_.hash(i)));
    if (inner.length > path.LongestInner(kMode, kIsIpv4) || path.forwarding) [[unlikely]]
      return false;
    PutHeaders(mbuf, path.header, inner, kMode);
    return true;
  }

  Batch& batch_;
  const TargetLines& lines_;
  const std::span<Departures> departures_;
  ReplyLimiter& limiter_;
  Nat& nat_;
};

}  // namespace

void Forward(Batch& batch, const TargetLines& lines, std::span<Departures> departures,
             ReplyLimiter& limiter, Nat& nat) {
  Forwarder forwarder(batch, lines, departures, limiter, nat);
  for (std::size_t i = 0; i < batch.flow_count();) i = forwarder.ForwardAlike(i);
}

}  // namespace holdfast
