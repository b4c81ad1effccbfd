// Puts what the way to a target wants before a packet, in a mode that the quick ways of
// forward.cc have not: of packets for services, and of health checks.
#pragma once

#include <rte_mbuf.h>

#include "base/forwarding_mode.h"
#include "wire/tunnel_header.h"

namespace holdfast {

// The Ethernet header of the frame gives way to what comes before the packet.
// REQUIRES: the frame was put into the buffer behind RTE_PKTMBUF_HEADROOM, as all are.
[[gnu::always_inline]] inline void PutHeaders(rte_mbuf* mbuf, const TunnelHeader& header,
                                              const InnerPacket& inner, ForwardingMode mode) {
  static_assert(RTE_PKTMBUF_HEADROOM >= TunnelHeader::kScratch);
  const std::uint32_t before = static_cast<std::uint32_t>(header.LengthFor(mode));
  // With l2 a short frame stays as long as a frame must be.
  const bool keeps_padding = IsWithoutTunnel(mode) && mbuf->data_len <= kMinimumFrame;
  const std::uint32_t behind =
      keeps_padding ? mbuf->data_len - std::uint32_t{sizeof(EthernetHeader)} : inner.length;
  header.Write(rte_pktmbuf_mtod(mbuf, std::uint8_t*) + sizeof(EthernetHeader), inner, mode);
  mbuf->data_off = static_cast<std::uint16_t>(mbuf->data_off + sizeof(EthernetHeader) - before);
  mbuf->data_len = static_cast<std::uint16_t>(before + behind);
  mbuf->pkt_len = before + behind;
}

}  // namespace holdfast
