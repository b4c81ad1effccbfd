#include "wire/ordinary_packet.h"

#include <catch2/catch.hpp>
#include <random>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

const MacAddress kOwnMac = kBalancerMac;

// Every packet that is ordinary is what ParseFrame() says, too.
bool IsOrdinary(const Frame& frame, bool checksum_known_good = false) {
  Ipv4Tuple tuple;
  SegmentFlags segment;
  const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size())};
  if (!ParseOrdinary(view, OwnMac(kOwnMac), checksum_known_good, tuple, segment)) return false;
  const ParsedPacket parsed = ParseFrame(view, kOwnMac, checksum_known_good);
  const FlowKey key = tuple.Key();
  if (IsMartianSource(key.client.V4(), key.vip.V4())) {
    REQUIRE(parsed.kind == PacketKind::kDrop);
    REQUIRE(parsed.drop == DropReason::kMartianSource);
    return true;
  }
  REQUIRE(parsed.kind == PacketKind::kFlow);
  REQUIRE(tuple == Ipv4Tuple::Of(parsed.key));
  REQUIRE(tuple.Key() == parsed.key);
  REQUIRE(segment == parsed.segment);
  return true;
}

TEST_CASE("what nearly all packets are is ordinary", "[wire]") {
  CHECK(IsOrdinary(TcpPacket().Syn().PaddedTo(60).Build()));
  CHECK(IsOrdinary(TcpPacket().Ack().PaddedTo(60).Build()));
  CHECK(IsOrdinary(TcpPacket().Ack().Payload("GET / HTTP/1.1").Build()));
  CHECK(IsOrdinary(TcpPacket().Ack().Fin().PaddedTo(60).Build()));
  CHECK(IsOrdinary(TcpPacket().Rst().PaddedTo(60).Build()));
  CHECK(IsOrdinary(UdpPacket().Payload("query").PaddedTo(60).Build()));
}

TEST_CASE("what needs a closer look is not ordinary", "[wire]") {
  CHECK_FALSE(IsOrdinary({}));
  CHECK_FALSE(IsOrdinary(TcpPacket().Flags(0).PaddedTo(60).Build()));
  CHECK_FALSE(IsOrdinary(TcpPacket().Syn().Fin().PaddedTo(60).Build()));
  CHECK_FALSE(IsOrdinary(UdpPacket().UdpLength(7).PaddedTo(60).Build()));
  Frame wrong_sum = TcpPacket().Ack().PaddedTo(60).Build();
  wrong_sum[24] ^= 1;
  CHECK_FALSE(IsOrdinary(wrong_sum));
  CHECK(IsOrdinary(wrong_sum, true));
}

// One to three bits turned, at the places that are looked at.
Frame Damaged(Frame frame, std::mt19937& random) {
  const auto times = 1 + random() % 3;
  for (unsigned i = 0; i < times; ++i)
    frame[random() % frame.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
  if (random() % 8 == 0) frame.resize(random() % (frame.size() + 1));
  return frame;
}

TEST_CASE("a damaged packet is ordinary only where the whole parser agrees", "[wire]") {
  std::mt19937 random(2026);
  const std::vector<Frame> frames = {
      TcpPacket().Syn().PaddedTo(60).Build(), TcpPacket().Ack().Payload("x").PaddedTo(60).Build(),
      UdpPacket().Payload("query").PaddedTo(60).Build(),
      TcpPacket().Ack().TcpOptions({1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}).PaddedTo(80).Build()};
  int ordinary = 0;
  for (int i = 0; i < 400'000; ++i)
    ordinary += IsOrdinary(Damaged(frames[random() % frames.size()], random), i % 2 == 0) ? 1 : 0;
  // Many are: those whose payload, padding or port was hit, and with a known checksum more.
  CHECK(ordinary > 40'000);
  CHECK(ordinary < 360'000);
}

}  // namespace
}  // namespace holdfast
