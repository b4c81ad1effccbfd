#include "wire/inner_sum.h"

#include "base/flow_key.h"

namespace holdfast {
namespace {

constexpr std::uint64_t kMinusZero = 0xffff;

bool HasChecksum(std::uint8_t protocol, const std::uint8_t* segment, std::size_t length) {
  if (protocol == static_cast<std::uint8_t>(Protocol::kTcp)) return true;
  if (protocol != static_cast<std::uint8_t>(Protocol::kUdp)) return false;
  return length >= sizeof(UdpHeader) && Load<UdpHeader>(segment).checksum != BigEndian16();
}

// Of a segment: what its pseudo header lacks to minus zero. UDP's own length must be that of IP.
std::uint64_t SegmentSum(std::uint64_t addresses, std::uint8_t protocol, std::size_t length) {
  return kMinusZero - FoldedSum(addresses + protocol + length);
}

bool FillsPacket(std::uint8_t protocol, const std::uint8_t* segment, std::size_t length) {
  return protocol != static_cast<std::uint8_t>(Protocol::kUdp) ||
         Load<UdpHeader>(segment).length.value() == length;
}

std::uint64_t Ipv4Sum(const InnerPacket& inner) {
  const auto ip = Load<Ipv4Header>(inner.bytes);
  const std::size_t header = ip.header_length();
  const std::uint8_t* const segment = inner.bytes + header;
  const std::size_t length = inner.length - header;
  const bool is_fragment =
      (ip.flags_and_offset.value() & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0;
  if (is_fragment || !HasChecksum(ip.protocol, segment, length) ||
      !FillsPacket(ip.protocol, segment, length))
    return SumOfWords(inner.bytes, inner.length);
  // The header's own checksum makes it minus zero.
  return SegmentSum(SumOfWords(inner.bytes + offsetof(Ipv4Header, source), 8), ip.protocol, length);
}

std::uint64_t Ipv6Sum(const InnerPacket& inner) {
  const auto ip = Load<Ipv6Header>(inner.bytes);
  const std::uint8_t* const segment = inner.bytes + sizeof ip;
  const std::size_t length = inner.length - sizeof ip;
  if (!HasChecksum(ip.next_header, segment, length) ||
      !FillsPacket(ip.next_header, segment, length))
    return SumOfWords(inner.bytes, inner.length);
  const std::uint64_t addresses = SumOfWords(inner.bytes + offsetof(Ipv6Header, source), 32);
  return SumOfWords(inner.bytes, offsetof(Ipv6Header, source)) + addresses +
         SegmentSum(addresses, ip.next_header, length);
}

}  // namespace

std::uint64_t SumOfWords(const void* bytes, std::size_t length) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
  std::uint64_t sum = 0;
  for (; length >= 2; length -= 2, at += 2) sum += std::uint64_t{at[0]} << 8 | at[1];
  return length == 0 ? sum : sum + (std::uint64_t{at[0]} << 8);
}

std::uint64_t InnerSum(const InnerPacket& inner) {
  return inner.is_ipv4 ? Ipv4Sum(inner) : Ipv6Sum(inner);
}

}  // namespace holdfast
