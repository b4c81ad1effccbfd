// Where things are in a packet that was parsed before.
//
// Thread: the worker.
#pragma once

#include <rte_mbuf.h>

#include "base/mac_address.h"
#include "datapath/batch.h"
#include "wire/address_translation.h"
#include "wire/headers.h"
#include "wire/parse.h"

namespace holdfast {

// REQUIRES: `parsed` is what ParseFrame() made of it.
inline PacketPlace PlaceOfParsed(rte_mbuf* mbuf, const ParsedPacket& parsed) {
  std::uint8_t* const ip = BytesOf(mbuf) + sizeof(EthernetHeader);
  return {.ip = ip,
          .is_ipv4 = ip[0] >> 4 == 4,
          .protocol = static_cast<std::uint8_t>(parsed.key.protocol),
          .upper = parsed.l4_offset - sizeof(EthernetHeader)};
}

// REQUIRES: it was parsed, and is TCP, UDP or a fragment of either.
inline PacketPlace PlaceOfSegment(rte_mbuf* mbuf, const MacAddress& own_mac) {
  std::uint8_t* const ip = BytesOf(mbuf) + sizeof(EthernetHeader);
  if (ip[0] >> 4 == 4)
    return {.ip = ip,
            .is_ipv4 = true,
            .protocol = ip[offsetof(Ipv4Header, protocol)],
            .upper = (ip[0] & 0xfU) * std::size_t{4}};
  const std::uint8_t next = ip[offsetof(Ipv6Header, next_header)];
  if (next == static_cast<std::uint8_t>(Protocol::kTcp) || next == kProtocolUdp)
    return {.ip = ip, .is_ipv4 = false, .protocol = next, .upper = sizeof(Ipv6Header)};
  return PlaceOfParsed(mbuf, ParseFrame(FrameOf(mbuf), own_mac, true));
}

// It is a SYN: no longer segments than fit into `mtu`.
inline void LimitMssOfSyn(const PacketPlace& packet, std::uint32_t mtu) {
  std::uint8_t* const tcp = packet.ip + packet.upper;
  const std::size_t ip = packet.is_ipv4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
  LimitMss(tcp, Load<TcpHeader>(tcp).header_length(),
           static_cast<std::uint16_t>(mtu - ip - sizeof(TcpHeader)));
}

}  // namespace holdfast
