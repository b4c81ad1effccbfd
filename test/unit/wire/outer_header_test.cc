#include "wire/outer_header.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/packet_builder.h"
#include "wire/ipip_completion.h"
#include "wire/tunnel_header.h"

namespace holdfast {
namespace {

constexpr MacAddress kTargetMac{{2, 0, 0, 0, 1, 7}};

OuterHeader HeaderFor(const char* from, const char* to) {
  return {kTargetMac, kBalancerMac, AddressNamed(from), AddressNamed(to)};
}

TEST_CASE("l2 changes the MAC addresses and nothing else", "[wire]") {
  const Frame before = TcpPacket().Syn().Payload("data").Build();
  Frame after = before;
  HeaderFor("10.0.0.1", "10.0.0.11").WriteL2(after.data());
  const auto ethernet = Load<EthernetHeader>(after.data());
  CHECK(ethernet.destination == kTargetMac);
  CHECK(ethernet.source == kBalancerMac);
  CHECK(Frame(after.begin() + 12, after.end()) == Frame(before.begin() + 12, before.end()));
}

TEST_CASE("ipip puts a right IPv4 header before the packet as it came", "[wire]") {
  for (const char* to : {"10.0.0.11", "255.255.255.254", "1.0.0.0"}) {
    for (const std::size_t payload : {0, 1, 1400}) {
      for (const unsigned tos : {0, 1, 0xff}) {
        CAPTURE(to, payload, tos);
        const Frame inner = TcpPacket()
                                .Ack()
                                .Payload(std::string(payload, 'x'))
                                .Tos(static_cast<std::uint8_t>(tos))
                                .Build();
        Frame frame(OuterHeader::kIpipGrowth, 0xee);
        AppendAll(frame, inner);
        const auto inner_length = static_cast<std::uint16_t>(inner.size() - 14);
        IpipCompletions ipip;
        ipip.Complete(7, inner.data());
        HeaderFor("10.0.0.1", to).WriteIpip(frame.data(), ipip.first_words[7], ipip.sums[7]);
        CHECK(ipip.lengths[7] == (inner.size() + 20) * 0x1'0000'0001);

        const auto ip = Load<Ipv4Header>(frame.data() + 14);
        CHECK(Load<EthernetHeader>(frame.data()).destination == kTargetMac);
        CHECK(Load<EthernetHeader>(frame.data()).ether_type.value() == kEtherTypeIpv4);
        CHECK(ip.version_and_ihl == 0x45);
        CHECK(ip.protocol == 4);
        CHECK(ip.tos == tos);
        CHECK(ip.total_length.value() == inner_length + 20);
        CHECK(ip.flags_and_offset.value() == kIpv4DontFragment);
        CHECK(ip.source.value() == AddressNamed("10.0.0.1").V4());
        CHECK(ip.destination.value() == AddressNamed(to).V4());
        CHECK(ReferenceChecksum(Frame(frame.begin() + 14, frame.begin() + 34)) == 0);
        CHECK(Frame(frame.begin() + 34, frame.end()) == Frame(inner.begin() + 14, inner.end()));
      }
    }
  }
}

// An IP header with anything in it that matters for what is put before it; no more of a packet.
Frame AnyHeader(std::mt19937& random, bool is_ipv4) {
  Frame frame;
  for (std::size_t i = 0; i < 14 + 40; ++i) frame.push_back(static_cast<std::uint8_t>(random()));
  frame[14] = static_cast<std::uint8_t>(is_ipv4 ? 0x45 : 0x60 | frame[14] % 16);
  // So that the outer length is one.
  if (frame[is_ipv4 ? 16 : 18] == 0xff) frame[is_ipv4 ? 16 : 18] = 0xfe;
  return frame;
}

// By the quick way: an OuterHeader, completed.
Frame ByOuterHeader(const OuterHeader& header, const Frame& frame, bool is_ipv4,
                    ForwardingMode mode, std::uint32_t entropy) {
  IpipCompletions completions;
  is_ipv4 ? completions.Complete(0, frame.data()) : completions.CompleteIpv6(0, frame.data());
  const std::uint32_t first_word = completions.first_words[0];
  const std::uint32_t sum = completions.sums[0];
  const bool is_gue = mode == ForwardingMode::kGue;
  Frame written((is_gue ? OuterHeader::kGueGrowth : OuterHeader::kIpipGrowth) + 14, 0xee);
  if (is_gue)
    header.WriteGue(written.data(), first_word, sum, entropy);
  else if (is_ipv4)
    header.WriteIpip<kProtocolIpv4>(written.data(), first_word, sum);
  else
    header.WriteIpip<kProtocolIpv6>(written.data(), first_word, sum);
  return written;
}

TEST_CASE("the quick way writes what TunnelHeader writes: ipip, gue, both families inside",
          "[wire]") {
  std::mt19937 random(2026);
  for (int n = 0; n < 200'000; ++n) {
    const auto from = IpAddress::FromV4(static_cast<std::uint32_t>(random()));
    const auto to = IpAddress::FromV4(static_cast<std::uint32_t>(random()));
    const auto gue_port = static_cast<std::uint16_t>(random());
    const auto entropy = static_cast<std::uint32_t>(random());
    const bool is_ipv4 = random() % 2 == 0;
    const auto mode = random() % 2 == 0 ? ForwardingMode::kIpip : ForwardingMode::kGue;
    const OuterHeader quick(kTargetMac, kBalancerMac, from, to, gue_port);
    const TunnelHeader any({.destination_mac = kTargetMac,
                            .source_mac = kBalancerMac,
                            .from = from,
                            .to = to,
                            .gue_port = gue_port});
    const Frame frame = AnyHeader(random, is_ipv4);
    const Frame written = ByOuterHeader(quick, frame, is_ipv4, mode, entropy);

    Frame expected(TunnelHeader::kScratch, 0xee);
    any.Write(expected.data() + expected.size(),
              InnerPacket::Of(frame.data() + 14, is_ipv4, entropy), mode);
    expected.erase(expected.begin(),
                   expected.end() - static_cast<std::ptrdiff_t>(any.LengthFor(mode)));
    CAPTURE(n, is_ipv4, NameOf(mode));
    REQUIRE(written == expected);
  }
}

}  // namespace
}  // namespace holdfast
