#include "wire/address_translation.h"

#include <cstring>

#include "wire/checksum.h"
#include "wire/headers.h"
#include "wire/inner_sum.h"

namespace holdfast {
namespace {

std::uint16_t LoadWord(const std::uint8_t* at) {
  std::uint16_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
void StoreWord(std::uint8_t* at, std::uint16_t word) { std::memcpy(at, &word, sizeof word); }

// Sums of words as this processor loads them (RFC 1071, 2.B).
std::uint64_t SumOf(const IpAddress& address) {
  std::uint64_t sum = 0;
  for (std::size_t i = address.IsV4() ? 12 : 0; i < 16; i += 2)
    sum += LoadWord(address.bytes().data() + i);
  return sum;
}
std::uint64_t SumOf(std::uint16_t port) { return __builtin_bswap16(port); }

std::uint16_t DifferenceOf(std::uint64_t before, std::uint64_t after) {
  return FoldedSum(std::uint64_t{static_cast<std::uint16_t>(~FoldedSum(before))} + after);
}

// RFC 1624, equation 3.
void Adjust(std::uint8_t* checksum, std::uint16_t difference) {
  const auto sum = static_cast<std::uint16_t>(~LoadWord(checksum));
  StoreWord(checksum, static_cast<std::uint16_t>(~FoldedSum(std::uint64_t{sum} + difference)));
}

void AdjustUdp(std::uint8_t* checksum, std::uint16_t difference) {
  if (LoadWord(checksum) == 0) return;
  Adjust(checksum, difference);
  if (LoadWord(checksum) == 0) StoreWord(checksum, 0xffff);  // 0 would be none
}

void PutAddresses(std::uint8_t* ip, bool is_ipv4, const IpAddress& source,
                  const IpAddress& destination) {
  if (is_ipv4) {
    std::memcpy(ip + offsetof(Ipv4Header, source), source.bytes().data() + 12, 4);
    std::memcpy(ip + offsetof(Ipv4Header, destination), destination.bytes().data() + 12, 4);
  } else {
    std::memcpy(ip + offsetof(Ipv6Header, source), source.bytes().data(), 16);
    std::memcpy(ip + offsetof(Ipv6Header, destination), destination.bytes().data(), 16);
  }
}

void PutPorts(std::uint8_t* upper, const Ends& ends) {
  StoreWord(upper, __builtin_bswap16(ends.source_port));
  StoreWord(upper + 2, __builtin_bswap16(ends.destination_port));
}

constexpr std::size_t kTcpChecksum = offsetof(TcpHeader, checksum);
constexpr std::size_t kUdpChecksum = offsetof(UdpHeader, checksum);

bool IsTcp(std::uint8_t protocol) { return protocol == static_cast<std::uint8_t>(Protocol::kTcp); }

}  // namespace

EndsDifference EndsDifference::Between(const Ends& before, const Ends& after) {
  const std::uint64_t old_addresses = SumOf(before.source) + SumOf(before.destination);
  const std::uint64_t new_addresses = SumOf(after.source) + SumOf(after.destination);
  const std::uint64_t old_ports = SumOf(before.source_port) + SumOf(before.destination_port);
  const std::uint64_t new_ports = SumOf(after.source_port) + SumOf(after.destination_port);
  return {DifferenceOf(old_addresses, new_addresses),
          DifferenceOf(old_addresses + old_ports, new_addresses + new_ports)};
}

bool SpendHop(const PacketPlace& packet) {
  const std::size_t at =
      packet.is_ipv4 ? offsetof(Ipv4Header, ttl) : offsetof(Ipv6Header, hop_limit);
  if (packet.ip[at] <= 1) return false;
  --packet.ip[at];
  // It is the first byte of its word: the low one, as this processor loads it.
  if (packet.is_ipv4)
    Adjust(packet.ip + offsetof(Ipv4Header, checksum), static_cast<std::uint16_t>(~1));
  return true;
}

void SetAddresses(const PacketPlace& packet, const Ends& ends, EndsDifference difference) {
  PutAddresses(packet.ip, packet.is_ipv4, ends.source, ends.destination);
  if (packet.is_ipv4) Adjust(packet.ip + offsetof(Ipv4Header, checksum), difference.addresses);
}

void SetEnds(const PacketPlace& packet, const Ends& ends, EndsDifference difference) {
  SetAddresses(packet, ends, difference);
  std::uint8_t* const upper = packet.ip + packet.upper;
  PutPorts(upper, ends);
  if (IsTcp(packet.protocol))
    Adjust(upper + kTcpChecksum, difference.all);
  else
    AdjustUdp(upper + kUdpChecksum, difference.all);
}

namespace {

// As much of the quoted packet as there is. `end`: of what was quoted.
void SetEndsOfQuote(std::uint8_t* frame, const QuotedPacket& error, const Ends& quoted,
                    EndsDifference difference, const std::uint8_t* end) {
  std::uint8_t* const upper = frame + error.upper_offset;
  SetAddresses({.ip = frame + error.ip_offset, .is_ipv4 = error.source.IsV4()}, quoted, difference);
  PutPorts(upper, quoted);
  const bool is_tcp = IsTcp(error.protocol);
  std::uint8_t* const checksum = upper + (is_tcp ? kTcpChecksum : kUdpChecksum);
  if (checksum + 2 > end) return;
  if (is_tcp)
    Adjust(checksum, difference.all);
  else
    AdjustUdp(checksum, difference.all);
}

void RenewIcmpChecksum(const PacketPlace& packet, std::size_t length, const IpAddress& source,
                       const IpAddress& destination) {
  std::uint8_t* const icmp = packet.ip + packet.upper;
  Store(icmp + offsetof(IcmpHeader, checksum), BigEndian16());
  InternetChecksum sum;
  if (!packet.is_ipv4)
    sum.AddPseudoHeader(source, destination, kProtocolIcmpV6, length - packet.upper);
  sum.Add(icmp, length - packet.upper);
  Store(icmp + offsetof(IcmpHeader, checksum), sum.Result());
}

}  // namespace

void SetEndsOfError(const PacketPlace& packet, std::size_t length, const QuotedPacket& error,
                    const Ends& quoted, EndsDifference difference, const IpAddress& source,
                    const IpAddress& destination) {
  // The offsets of QuotedPacket are from the beginning of the frame.
  SetEndsOfQuote(packet.ip - sizeof(EthernetHeader), error, quoted, difference, packet.ip + length);
  PutAddresses(packet.ip, packet.is_ipv4, source, destination);
  if (packet.is_ipv4) {
    const std::size_t header = Load<Ipv4Header>(packet.ip).header_length();
    Store(packet.ip + offsetof(Ipv4Header, checksum), BigEndian16());
    Store(packet.ip + offsetof(Ipv4Header, checksum), ChecksumOf(packet.ip, header));
  }
  RenewIcmpChecksum(packet, length, source, destination);
}

void LimitMss(std::uint8_t* tcp, std::size_t length, std::uint16_t most) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNothing = 1;
  constexpr std::uint8_t kMss = 2;
  constexpr std::uint8_t kMssLength = 4;
  for (std::size_t at = sizeof(TcpHeader); at < length && tcp[at] != kEnd;) {
    if (tcp[at] == kNothing) {
      ++at;
      continue;
    }
    if (at + 2 > length || tcp[at + 1] < 2 || at + tcp[at + 1] > length) return;
    if (tcp[at] == kMss && tcp[at + 1] == kMssLength) {
      const auto mss = Load<BigEndian16>(tcp + at + 2);
      if (mss.value() <= most) return;
      const BigEndian16 limited(most);
      Store(tcp + at + 2, limited);
      std::uint16_t before = std::bit_cast<std::uint16_t>(mss);
      std::uint16_t after = std::bit_cast<std::uint16_t>(limited);
      if (at % 2 != 0) {  // it lies across two words of the sum
        before = __builtin_bswap16(before);
        after = __builtin_bswap16(after);
      }
      return Adjust(tcp + kTcpChecksum, DifferenceOf(before, after));
    }
    at += tcp[at + 1];
  }
}

}  // namespace holdfast
