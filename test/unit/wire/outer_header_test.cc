#include "wire/outer_header.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"
#include "wire/ipip_completion.h"

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

}  // namespace
}  // namespace holdfast
