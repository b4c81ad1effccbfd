#include "wire/outer_header.h"

namespace holdfast {
namespace {

// Of 16-bit words as they lie in memory.
std::uint32_t SumOfWords(const std::uint8_t* bytes, std::size_t length) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < length; i += 2)
    sum += static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i];
  return sum;
}

std::uint16_t Folded(std::uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

}  // namespace

OuterHeader::OuterHeader(const MacAddress& destination, const MacAddress& source) {
  Store(bytes_.data(), EthernetHeader{destination, source, BigEndian16(kEtherTypeIpv4)});
}

OuterHeader::OuterHeader(const MacAddress& destination, const MacAddress& source,
                         const IpAddress& from, const IpAddress& to, std::uint16_t gue_port)
    : OuterHeader(destination, source) {
  const Ipv4Header ip{.version_and_ihl = 0x45,
                      .tos = 0,
                      .total_length = {},
                      .identification = {},
                      .flags_and_offset = BigEndian16(kIpv4DontFragment),
                      .ttl = kDefaultTtl,
                      .protocol = kProtocolIpv4,
                      .checksum = {},
                      .source = BigEndian32(from.V4()),
                      .destination = BigEndian32(to.V4())};
  Store(bytes_.data() + sizeof(EthernetHeader), ip);
  const std::uint16_t sum = Folded(SumOfWords(bytes_.data() + sizeof(EthernetHeader), sizeof ip));
  std::memcpy(&bytes_[kSum], &sum, sizeof sum);
  Store(&bytes_[kGuePortAt], BigEndian16(gue_port));
}

}  // namespace holdfast
