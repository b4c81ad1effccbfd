// Sections are of RFC 4861.
#include "wire/neighbour_discovery.h"

#include <catch2/catch.hpp>

#include "support/neighbour_builder.h"

namespace holdfast {
namespace {

constexpr MacAddress kGroupMac{{0x33, 0x33, 0, 0, 0, 1}};

std::optional<NeighbourMessage> Parse(const Frame& frame) {
  const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size())};
  const ParsedPacket packet = ParseFrame(view, kBalancerMac);
  REQUIRE(packet.kind == PacketKind::kIcmpV6);
  CHECK(IsNeighbourMessage(view, packet));
  return ParseNeighbourMessage(view, packet);
}

Frame Answer(const NeighbourMessage& solicitation) {
  Frame frame(kNeighbourFrame, 0xee);
  WriteNeighbourAdvertisement(frame.data(), kBalancerMac, solicitation, kClientMac);
  return frame;
}

TEST_CASE("4.3: a solicitation is read field by field", "[wire]") {
  const auto message = Parse(NeighbourSolicitation().Build());
  REQUIRE(message);
  CHECK(message->is_solicitation);
  CHECK(message->source == AddressNamed("2001:db8::7"));
  CHECK(message->target == AddressNamed("2001:db8::1"));
  CHECK(message->mac == kClientMac);
}

TEST_CASE("4.4: an advertisement is read field by field", "[wire]") {
  auto message = Parse(NeighbourAdvertisement().Build());
  REQUIRE(message);
  CHECK_FALSE(message->is_solicitation);
  CHECK(message->is_solicited);
  CHECK(message->overrides);
  CHECK(message->target == AddressNamed("2001:db8::7"));
  CHECK(message->mac == kClientMac);

  message = Parse(NeighbourAdvertisement().Flags(0).To("ff02::1").Options({}).Build());
  REQUIRE(message);
  CHECK_FALSE(message->is_solicited);
  CHECK_FALSE(message->overrides);
  CHECK_FALSE(message->mac);
}

TEST_CASE("7.1: what no neighbour can have sent is malformed", "[wire]") {
  const auto both = [](const char* what, auto spoil) {
    INFO(what);
    CHECK_FALSE(Parse(spoil(NeighbourSolicitation()).Build()));
    CHECK_FALSE(Parse(spoil(NeighbourAdvertisement()).Build()));
  };
  both("came through a router", [](NeighbourBuilder b) { return b.HopLimit(254); });
  both("hop limit 1", [](NeighbourBuilder b) { return b.HopLimit(1); });
  both("checksum", [](NeighbourBuilder b) { return b.Checksum(0x1234); });
  both("code", [](NeighbourBuilder b) { return b.Code(1); });
  both("too short", [](NeighbourBuilder b) { return b.MessageCutTo(23); });
  both("of a group", [](NeighbourBuilder b) { return b.Macs(kGroupMac, kBalancerMac); });
  both("for a group", [](NeighbourBuilder b) { return b.Target("ff02::5"); });
  both("for IPv4", [](NeighbourBuilder b) { return b.Target("::ffff:10.0.0.1"); });
}

TEST_CASE("7.1: options have a length and end with the message", "[wire]") {
  const auto with = [](const Frame& options) {
    return Parse(NeighbourSolicitation().Options(options).Build());
  };
  const Frame mac = LinkAddressOption(1, kClientMac);
  Frame unknown = LinkAddressOption(14, kClientMac);  // a nonce (RFC 3971)
  CHECK_FALSE(with({1, 0, 2, 0, 0, 0, 0, 1}));
  CHECK_FALSE(with({1, 2, 2, 0, 0, 0, 0, 1}));
  CHECK_FALSE(with({1, 1, 2, 0}));
  CHECK_FALSE(with(LinkAddressOption(1, kGroupMac)));
  CHECK_FALSE(with(LinkAddressOption(1, {})));
  CHECK(with(unknown)->mac == std::nullopt);  // skipped, 4.6
  unknown.insert(unknown.end(), mac.begin(), mac.end());
  CHECK(with(unknown)->mac == kClientMac);

  Frame many;
  for (int i = 0; i < 16; ++i) many.insert(many.end(), mac.begin(), mac.end());
  CHECK(with(many));
  many.insert(many.end(), mac.begin(), mac.end());
  CHECK_FALSE(with(many));
}

TEST_CASE("7.1.1: a probe for a free address goes to its group and names no MAC", "[wire]") {
  const auto probe = Parse(NeighbourSolicitation().From("::").Options({}).Build());
  REQUIRE(probe);
  CHECK(probe->source.IsUnspecified());
  CHECK_FALSE(Parse(NeighbourSolicitation().From("::").Build()));
  CHECK_FALSE(Parse(NeighbourSolicitation().From("::").Options({}).To("2001:db8::1").Build()));
  CHECK_FALSE(Parse(NeighbourSolicitation().From("::").Options({}).To("ff02::1").Build()));
}

TEST_CASE("7.1.2: nobody is answered by a group, nor by nobody", "[wire]") {
  CHECK_FALSE(Parse(NeighbourAdvertisement().To("ff02::1").Build()));
  CHECK(Parse(NeighbourAdvertisement().To("ff02::1").Flags(kOverrideFlag).Build()));
  CHECK_FALSE(Parse(NeighbourAdvertisement().From("::").Build()));
}

TEST_CASE("7.2.4: the answer to a solicitation is what the asker expects", "[wire]") {
  const NeighbourBuilder expected = NeighbourAdvertisement()
                                        .Macs(kBalancerMac, kClientMac)
                                        .From("2001:db8::1")
                                        .To("2001:db8::7")
                                        .Target("2001:db8::1");
  CHECK(Answer(*Parse(NeighbourSolicitation().Build())) == expected.Build());
  // One that does not name its MAC has the frame's.
  CHECK(Answer(*Parse(NeighbourSolicitation().To("2001:db8::1").Options({}).Build())) ==
        expected.Build());
}

TEST_CASE("7.2.4: who asks whether an address is free is told before all", "[wire]") {
  const Frame expected = NeighbourAdvertisement()
                             .Macs(kBalancerMac, kGroupMac)
                             .From("2001:db8::1")
                             .To("ff02::1")
                             .Target("2001:db8::1")
                             .Flags(kOverrideFlag)
                             .Build();
  CHECK(Answer(*Parse(NeighbourSolicitation().From("::").Options({}).Build())) == expected);

  Frame announcement(kNeighbourFrame, 0xee);  // 7.2.6
  WriteUnsolicitedAdvertisement(announcement.data(), kBalancerMac, AddressNamed("2001:db8::1"));
  CHECK(announcement == expected);
}

TEST_CASE("7.2.2: a question goes to the group of the address", "[wire]") {
  Frame frame(kNeighbourFrame, 0xee);
  WriteNeighbourSolicitation(frame.data(), kBalancerMac, AddressNamed("2001:db8::1"),
                             AddressNamed("2001:db8::12:3456"));
  CHECK(frame == NeighbourSolicitation()
                     .Macs(kBalancerMac, kBalancerMac)
                     .From("2001:db8::1")
                     .Target("2001:db8::12:3456")
                     .Build());
  CHECK(SolicitedNodeGroup(AddressNamed("2001:db8::12:3456")) == AddressNamed("ff02::1:ff12:3456"));
  CHECK(MacOfGroup(AddressNamed("ff02::1:ff12:3456")).ToString() == "33:33:ff:12:34:56");
}

}  // namespace
}  // namespace holdfast
