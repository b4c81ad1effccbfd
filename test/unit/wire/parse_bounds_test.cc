// ParseFrame and all that looks at its result, on frames that were cut or damaged.
// Each frame lies in a buffer of exactly its size, so that AddressSanitizer sees
// a read outside; without it the test compares what bytes behind the frame do.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "support/packet_builder.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/parse.h"
#include "wire/tcp_reset.h"

namespace holdfast {
namespace {

PacketBuilder TcpV6() { return TcpPacket().From("2001:db8::7", 40000).To("2001:db8:1::1", 80); }
PacketBuilder UdpV6() { return UdpPacket().From("2001:db8::7", 40000).To("2001:db8:1::1", 53); }

bool HasSegment(PacketKind kind) {
  return kind == PacketKind::kFlow || kind == PacketKind::kIcmp || kind == PacketKind::kIcmpV6;
}

std::vector<Frame> ValidFrames() {
  const Frame options(8, 1);
  return {
      TcpPacket().Syn().Build(),
      TcpPacket().Ack().TcpOptions(options).Payload("GET /").Build(),
      TcpPacket().Syn().IpOptions(options).TcpOptions(options).PaddedTo(90).Build(),
      TcpPacket().Rst().Ack().PaddedTo(60).Build(),
      UdpPacket().Payload("query").PaddedTo(60).Build(),
      UdpPacket().IpOptions(options).Build(),
      EchoRequest().Payload("0123456789").Build(),
      EchoRequest().IpOptions(options).PaddedTo(60).Build(),
      TcpV6().Syn().Build(),
      TcpV6().Ack().TcpOptions(options).Payload("GET /").Build(),
      TcpV6().Ack().Extension(0, {0, 5, 2, 0, 0}).Extension(60, {1, 1, 12}).Payload("x").Build(),
      UdpV6().Extension(43, {0, 4, 0}).Payload("query").PaddedTo(90).Build(),
      EchoRequestV6().Payload("0123456789").Build(),
      ArpRequest().PaddedTo(60).Build(),
      ArpReply().Build(),
  };
}

bool LiesInside(const ParsedPacket& packet, std::size_t length) {
  return packet.l3_offset + packet.l3_length <= length && packet.l3_offset <= packet.l4_offset &&
         packet.l4_offset + 8 <= packet.l3_offset + packet.l3_length;
}

// Everything that reads the frame after it was parsed.
void AnswerAll(FrameView view, const ParsedPacket& packet) {
  std::uint8_t reset[kLongestTcpReset];
  std::uint8_t unreachable[kLongestIcmpError];
  WriteTcpReset(reset, view, packet, kBalancerMac);
  WritePortUnreachable(unreachable, sizeof unreachable, view, packet, kBalancerMac);
  ParseArp(view);
  if (!HasSegment(packet.kind) || packet.kind == PacketKind::kFlow ||
      !IsValidEchoRequest(view, packet))
    return;
  Frame copy(view.data, view.data + view.length);
  TurnIntoEchoReply(copy.data(), packet, kBalancerMac);
}

bool SameResult(const ParsedPacket& a, const ParsedPacket& b) {
  return a.kind == b.kind && (a.kind != PacketKind::kDrop || a.drop == b.drop) && a.key == b.key &&
         a.segment == b.segment && a.l3_length == b.l3_length && a.l4_offset == b.l4_offset;
}

void CheckStaysInside(const Frame& frame, bool checksum_known_good) {
  const auto exact = std::make_unique<std::uint8_t[]>(frame.size());
  std::copy(frame.begin(), frame.end(), exact.get());
  const FrameView view{exact.get(), static_cast<std::uint32_t>(frame.size())};
  const ParsedPacket packet = ParseFrame(view, kBalancerMac, checksum_known_good);
  if (HasSegment(packet.kind)) REQUIRE(LiesInside(packet, frame.size()));
  AnswerAll(view, packet);

  for (const std::uint8_t behind : {0x00, 0x45, 0xff}) {
    Frame longer = frame;
    longer.resize(frame.size() + 64, behind);
    REQUIRE(SameResult(
        packet, ParseFrame({longer.data(), view.length}, kBalancerMac, checksum_known_good)));
  }
}

TEST_CASE("no length of a valid packet is read beyond", "[wire]") {
  for (const Frame& frame : ValidFrames())
    for (std::size_t length = 0; length <= frame.size(); ++length)
      CheckStaysInside(Frame(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)),
                       false);
}

TEST_CASE("no damaged packet is read beyond", "[wire]") {
  std::minstd_rand random(2026);
  const std::vector<Frame> frames = ValidFrames();
  for (int round = 0; round < 20'000; ++round) {
    Frame frame = frames[random() % frames.size()];
    for (unsigned flips = 1 + random() % 6; flips > 0; --flips)
      frame[12 + random() % (frame.size() - 12)] ^= static_cast<std::uint8_t>(1U << random() % 8);
    frame.resize(frame.size() - (random() % 3 == 0 ? random() % frame.size() : 0));
    // Damage would seldom get past the checksum.
    CheckStaysInside(frame, round % 8 != 0);
  }
}

TEST_CASE("random bytes are not read beyond", "[wire]") {
  std::minstd_rand random(7);
  const Frame start = TcpPacket().Build();
  for (int round = 0; round < 20'000; ++round) {
    Frame frame(random() % 100);
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random() >> 8);
    std::copy_n(start.begin(), std::min<std::size_t>(frame.size(), 15), frame.begin());
    CheckStaysInside(frame, true);
  }
}

}  // namespace
}  // namespace holdfast
