#include "wire/answer.h"

#include "wire/checksum.h"

namespace holdfast {

bool CameFromOneHost(FrameView frame) {
  return !Load<EthernetHeader>(frame.data).source.IsMulticast();
}

void StoreWithChecksum(std::uint8_t* bytes, Ipv4Header ip) {
  ip.checksum = BigEndian16();
  Store(bytes, ip);
  ip.checksum = ChecksumOf(bytes, ip.header_length());
  Store(bytes, ip);
}

Ipv4Header AnswerTo(const Ipv4Header& offending, std::uint8_t protocol, std::size_t length) {
  return {.version_and_ihl = 4 << 4 | sizeof(Ipv4Header) / 4,
          .tos = 0,
          .total_length = BigEndian16(static_cast<std::uint16_t>(sizeof(Ipv4Header) + length)),
          // Never fragmented, so that the identification means nothing (RFC 6864, 4.1).
          .identification = {},
          .flags_and_offset = BigEndian16(kIpv4DontFragment),
          .ttl = kDefaultTtl,
          .protocol = protocol,
          .checksum = {},
          .source = offending.destination,
          .destination = offending.source};
}

}  // namespace holdfast
