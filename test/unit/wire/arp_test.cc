#include "wire/arp.h"

#include <catch2/catch.hpp>

#include "support/packet_builder.h"

namespace holdfast {
namespace {

FrameView ViewOf(const Frame& frame) {
  return {frame.data(), static_cast<std::uint32_t>(frame.size())};
}

TEST_CASE("a request is read field by field", "[wire]") {
  const Frame frame = ArpRequest().From("10.0.0.2").To("10.0.0.1").Build();
  const auto message = ParseArp(ViewOf(frame));

  REQUIRE(message);
  CHECK(message->operation == ArpOperation::kRequest);
  CHECK(message->sender_mac == kClientMac);
  CHECK(message->sender_ip.ToString() == "10.0.0.2");
  CHECK(message->target_mac.IsZero());
  CHECK(message->target_ip.ToString() == "10.0.0.1");
}

TEST_CASE("the answer to a request is the reply that the asker expects", "[wire]") {
  Frame frame = ArpRequest().From("10.0.0.2").To("10.0.0.1").PaddedTo(60).Build();
  TurnIntoArpReply(frame.data(), kBalancerMac);

  CHECK(frame == ArpReply()
                     .Macs(kBalancerMac, kClientMac)
                     .TargetMac(kClientMac)
                     .From("10.0.0.1")
                     .To("10.0.0.2")
                     .PaddedTo(60)
                     .Build());
}

TEST_CASE("a probe is answered to its sender's MAC", "[wire]") {
  Frame frame = ArpRequest().From("0.0.0.0").To("10.0.0.1").Build();
  TurnIntoArpReply(frame.data(), kBalancerMac);

  const auto reply = ParseArp(ViewOf(frame));
  REQUIRE(reply);
  CHECK(reply->sender_ip.ToString() == "10.0.0.1");
  CHECK(reply->target_mac == kClientMac);
  CHECK(reply->target_ip.ToString() == "0.0.0.0");
}

TEST_CASE("a request that we write asks everybody", "[wire]") {
  Frame frame(kMinimumFrame, 0xab);
  const std::size_t length = WriteArpRequest(frame.data(), kBalancerMac, AddressNamed("10.0.0.1"),
                                             AddressNamed("10.0.0.9"));

  CHECK(length == 60);
  Frame expected =
      ArpRequest().Macs(kBalancerMac, kBroadcastMac).From("10.0.0.1").To("10.0.0.9").Build();
  expected.resize(60, 0);
  CHECK(frame == expected);
}

TEST_CASE("an announcement asks for the address that it announces", "[wire]") {
  Frame frame(kMinimumFrame, 0xab);
  CHECK(WriteGratuitousArp(frame.data(), kBalancerMac, AddressNamed("192.0.2.1")) == 60);

  Frame expected =
      ArpRequest().Macs(kBalancerMac, kBroadcastMac).From("192.0.2.1").To("192.0.2.1").Build();
  expected.resize(60, 0);
  CHECK(frame == expected);
}

}  // namespace
}  // namespace holdfast
