#include "wire/frame_glance.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

std::string Shown(const Frame& frame) {
  return FrameGlance::At({frame.data(), static_cast<std::uint32_t>(frame.size())}).ToString();
}

TEST_CASE("a glance says what a frame's headers say, right or wrong", "[wire]") {
  const auto tcp = TcpPacket().From("198.51.100.7", 40000).To("192.0.2.1", 80);
  const auto udp6 = UdpPacket().From("2001:db8::7", 5).To("2001:db8:1::1", 53);
  CHECK(Shown(PacketBuilder(tcp).Syn().Ack().Build()) ==
        "tcp 198.51.100.7:40000 > 192.0.2.1:80 SYN,ACK");
  CHECK(Shown(PacketBuilder(tcp).Flags(0).IpChecksum(1).DataOffset(1).Build()) ==
        "tcp 198.51.100.7:40000 > 192.0.2.1:80");
  CHECK(Shown(PacketBuilder(tcp).IpOptions(Frame(8, 1)).Fin().Build()) ==
        "tcp 198.51.100.7:40000 > 192.0.2.1:80 FIN");
  CHECK(Shown(PacketBuilder(tcp).FragmentOffset(3).Build()) ==
        "tcp 198.51.100.7 > 192.0.2.1, a later fragment");
  CHECK(Shown(PacketBuilder(tcp).IpProtocol(47).Build()) == "protocol 47 198.51.100.7 > 192.0.2.1");
  CHECK(Shown(PacketBuilder(tcp).Syn().EtherType(0x88cc).Build()) == "ethertype 0x88cc");
  CHECK(Shown(udp6.Build()) == "udp [2001:db8::7]:5 > [2001:db8:1::1]:53");
  CHECK(Shown(PacketBuilder(udp6).Extension(60, {0, 1, 4}).Build()) ==
        "udp [2001:db8::7]:5 > [2001:db8:1::1]:53");
  // A fragment header: a first one, a later one.
  CHECK(Shown(PacketBuilder(udp6).Extension(44, Frame{0, 0, 1, 0, 0, 0, 9}).Build()) ==
        "udp [2001:db8::7]:5 > [2001:db8:1::1]:53");
  CHECK(Shown(PacketBuilder(udp6).Extension(44, Frame{0, 0, 9, 0, 0, 0, 9}).Build()) ==
        "udp 2001:db8::7 > 2001:db8:1::1, a later fragment");
  CHECK(Shown(EchoRequest().From("10.0.0.2").To("10.0.0.1").Build()) == "icmp 10.0.0.2 > 10.0.0.1");
  CHECK(Shown(ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()) == "arp 10.0.0.2 > 10.0.0.1");
}

TEST_CASE("a VLAN tag is looked behind", "[wire]") {
  Frame frame = TcpPacket().From("198.51.100.7", 40000).To("192.0.2.1", 80).Syn().Build();
  const Frame tag = {0x81, 0, 0, 7};
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  CHECK(Shown(frame) == "tcp 198.51.100.7:40000 > 192.0.2.1:80 SYN");
}

TEST_CASE("a glance reads no byte that is not there", "[wire]") {
  for (const Frame& whole :
       {TcpPacket().Syn().Build(), ArpRequest().From("10.0.0.2").To("10.0.0.1").Build(),
        UdpPacket().From("2001:db8::7", 5).To("2001:db8:1::1", 53).Extension(60, {0}).Build()}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const Frame cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      CHECK_FALSE(Shown(cut).empty());
    }
  }
}

}  // namespace
}  // namespace holdfast
