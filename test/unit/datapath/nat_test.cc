// Forwarding by nat: both directions of connections through real workers.
#include "datapath/nat_flows.h"
#include "support/icmp_error_builder.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

PacketBuilder FromClient(std::uint16_t port = 40000) {
  return TcpPacket().From(kClient, port).To("192.0.2.1", 80);
}
Frame OnlyOf(const std::vector<Frame>& sent) {
  REQUIRE(sent.size() == 1);
  return sent.front();
}

TEST_CASE("a packet goes to its target from an own address, and to the mapped port", "[datapath]") {
  NatAppliance appliance;
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  const std::string target = appliance.OnRing(WebFlow(40000));
  CHECK(appliance.DestinationOf(sent) == target);
  const std::size_t slot = appliance.RingSlot(WebFlow(40000));
  CHECK(EndsIn(sent) == "tcp 10.0.0.1:20000 > 10.0.0." + std::to_string(11 + slot) + ":8080");
  CHECK(HasGoodChecksums(sent));
  CHECK(Parsed(sent).ttl == 62);  // 63 came
  CHECK(appliance.AllAccounted());
}

TEST_CASE("replies go back to the client, from the VIP, and to where its packets come from",
          "[datapath]") {
  NatAppliance appliance;
  const MacAddress router{{0x02, 0, 0, 0, 9, 9}};
  const Frame syn = FromClient().Syn().Macs(router, kBalancerMac).Build();
  const Frame sent = OnlyOf(appliance.Turn({syn}));
  const Frame reply =
      OnlyOf(appliance.Turn({Answer(TcpPacket().Syn().Ack().Payload("hello"), sent).Build()}));
  CHECK(EndsIn(reply) == "tcp 192.0.2.1:80 > 198.51.100.7:40000");
  CHECK(HasGoodChecksums(reply));
  CHECK(DestinationMac(reply) == router);
  CHECK(Load<EthernetHeader>(reply.data()).source == kBalancerMac);
  CHECK(appliance.counters().services[0].returned_packets.Read() == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a connection keeps its port; another one has another", "[datapath]") {
  NatAppliance appliance;
  const std::uint16_t port = SourcePort(OnlyOf(appliance.Turn({FromClient().Syn().Build()})));
  CHECK(SourcePort(OnlyOf(appliance.Turn({FromClient().Ack().Payload("GET").Build()}))) == port);
  CHECK(SourcePort(OnlyOf(appliance.Turn({FromClient(40001).Syn().Build()}))) != port);
  CHECK(appliance.nat().size() == 2);
}

TEST_CASE("UDP, and UDP without a checksum, go both ways", "[datapath]") {
  NatAppliance appliance;
  const auto question = UdpPacket().From(kClient, 5000).To("192.0.2.1", 53).Payload("?");
  const Frame sent = OnlyOf(appliance.Turn({question.Build()}));
  CHECK(Parsed(sent).key.vip_port == 53);  // no target_port: as the client asked
  CHECK(HasGoodChecksums(sent));
  const Frame reply = OnlyOf(
      appliance.Turn({Answer(UdpPacket().Payload("answer").SegmentChecksum(0), sent).Build()}));
  CHECK(EndsIn(reply) == "udp 192.0.2.1:53 > 198.51.100.7:5000");
  const ParsedPacket parsed = Parsed(reply);
  CHECK(Load<UdpHeader>(reply.data() + parsed.l4_offset).checksum == BigEndian16());
}

TEST_CASE("IPv6 goes both ways", "[datapath]") {
  NatAppliance appliance;
  for (std::size_t slot = 0; slot < 3; ++slot)
    appliance.parts.targets[slot].address = AddressNamed("fd00::1" + std::to_string(slot));
  appliance.parts.services[0].vip = AddressNamed("2001:db8:1::1");
  appliance.Publish();
  const auto packet = TcpPacket().From("2001:db8::7", 40000).To("2001:db8:1::1", 80);
  for (const Frame& from_client :
       {PacketBuilder(packet).Syn().Build(), PacketBuilder(packet).Ack().Payload("x").Build(),
        PacketBuilder(packet).Ack().Extension(60, {0, 0, 0, 0, 0, 0}).Build()}) {
    const Frame sent = OnlyOf(appliance.Turn({from_client}));
    CHECK(Parsed(sent).key.client == AddressNamed("fd00::1"));
    CHECK(Parsed(sent).key.vip_port == 8080);
    CHECK(HasGoodChecksums(sent));
    for (const PacketBuilder& answer :
         {TcpPacket().Ack().Payload("y"), TcpPacket().Ack().Extension(60, {0, 0, 0, 0, 0, 0})}) {
      const Frame reply = OnlyOf(appliance.Turn({Answer(answer, sent).Build()}));
      CHECK(EndsIn(reply) == "tcp [2001:db8:1::1]:80 > [2001:db8::7]:40000");
      CHECK(HasGoodChecksums(reply));
    }
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE("only the target that a connection goes to can send into it", "[datapath]") {
  NatAppliance appliance;
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  auto from_another = Answer(TcpPacket().Ack(), sent);
  from_another.From("10.0.0.99", 8080);
  CHECK(appliance.Turn({from_another.Build()}).empty());
  auto from_another_port = Answer(TcpPacket().Ack(), sent);
  from_another_port.From(Parsed(sent).key.vip.ToString(), 8081);
  CHECK(appliance.Turn({from_another_port.Build()}).empty());
  CHECK(appliance.counters().drops[DropReason::kNatUnknown].Read() == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("what is no packet of a connection that is known opens none", "[datapath]") {
  NatAppliance appliance;
  CHECK(appliance.Turn({FromClient().Rst().Build()}).empty());
  CHECK(appliance.Turn({FromClient().Fin().Ack().Build()}).empty());
  CHECK(appliance.nat().size() == 0);
  CHECK(appliance.counters().drops[DropReason::kNatUnknown].Read() == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a packet whose hop limit is used up ends here, in both directions", "[datapath]") {
  NatAppliance appliance;
  CHECK(appliance.Turn({FromClient().Syn().Ttl(1).Build()}).empty());
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  CHECK(appliance.Turn({Answer(TcpPacket().Ack().Ttl(1), sent).Build()}).empty());
  CHECK(appliance.counters().drops[DropReason::kHopLimit].Read() == 2);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("SYNs of both sides announce no longer segments than the ports carry", "[datapath]") {
  NatAppliance appliance;
  const Frame jumbo = {2, 4, 0x23, 0x28};  // 9000
  const auto mss = [](const Frame& frame) {
    return Load<BigEndian16>(frame.data() + Parsed(frame).l4_offset + 22).value();
  };
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().TcpOptions(jumbo).Build()}));
  CHECK(mss(sent) == 1460);
  CHECK(HasGoodChecksums(sent));
  const Frame reply =
      OnlyOf(appliance.Turn({Answer(TcpPacket().Syn().Ack().TcpOptions(jumbo), sent).Build()}));
  CHECK(mss(reply) == 1460);
  CHECK(HasGoodChecksums(reply));
}

TEST_CASE("a session ends with its connection, and its port rests before", "[datapath]") {
  NatAppliance appliance;
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  const auto pass = [&](std::uint64_t seconds) {
    for (std::uint64_t i = 0; i < seconds; ++i) {
      appliance.Advance(1);
      for (int turn = 0; turn < 40; ++turn) appliance.Turn({});
    }
  };
  pass(25);  // an opening connection has 30 s
  CHECK(appliance.nat().size() == 1);
  pass(20);
  CHECK(appliance.connections().size() == 0);
  CHECK(appliance.nat().size() == 0);
  CHECK(appliance.Turn({Answer(TcpPacket().Ack(), sent).Build()}).empty());
}

TEST_CASE("replies keep a connection alive, and a reset by the target ends it", "[datapath]") {
  NatAppliance appliance;
  const auto question = UdpPacket().From(kClient, 5000).To("192.0.2.1", 53).Payload("?");
  const Frame sent = OnlyOf(appliance.Turn({question.Build()}));
  for (int i = 0; i < 8; ++i) {
    appliance.Advance(60);  // a UDP flow has three minutes
    CHECK(appliance.Turn({Answer(UdpPacket().Payload("news"), sent).Build()}).size() == 1);
    appliance.Turn({});
  }
  CHECK(appliance.connections().size() == 1);

  const Frame syn = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  appliance.Turn({FromClient().Ack().Payload("GET").Build()});
  CHECK(appliance.Turn({Answer(TcpPacket().Rst().Ack(), syn).Build()}).size() == 1);
  const auto hash = HashFlow(TestAppliance::hash_key(), WebFlow(40000));
  const auto entry = appliance.connections().Find(hash, TestAppliance::Now());
  REQUIRE(entry);
  CHECK(entry->phase == ConnectionPhase::kClosed);
}

TEST_CASE("when there is no port left, unfinished connections give theirs", "[datapath]") {
  NatAppliance appliance({.nat_sessions = 2048});
  appliance.parts.targets.resize(1);
  appliance.weights.resize(1);
  appliance.Publish();
  // As many as there are ports, half of them no more than a SYN.
  for (std::uint16_t i = 0; i < 128; ++i) {
    REQUIRE(appliance.Turn({FromClient(i).Syn().Build()}).size() == 1);
    if (i % 2 == 0) REQUIRE(appliance.Turn({FromClient(i).Ack().Payload("x").Build()}).size() == 1);
  }
  CHECK(appliance.nat().size() == 128);
  for (std::uint16_t i = 1000; i < 1064; ++i) {
    REQUIRE(appliance.Turn({FromClient(i).Syn().Build()}).size() == 1);
    REQUIRE(appliance.Turn({FromClient(i).Ack().Payload("x").Build()}).size() == 1);
  }
  CHECK(appliance.nat().size() == 128);
  // All of them are open now.
  CHECK(appliance.Turn({FromClient(2000).Syn().Build()}).empty());
  CHECK(appliance.counters().drops[DropReason::kNatFull].Read() == 1);
  for (std::uint16_t i = 0; i < 128; i += 2)
    CHECK(appliance.Turn({FromClient(i).Ack().Build()}).size() == 1);
  CHECK(appliance.AllAccounted());
}

TEST_CASE("a target of its own mode goes by nat in a service that does not", "[datapath]") {
  NatAppliance appliance;
  appliance.parts.services[0].forwarding = ForwardingMode::kL2;
  for (TargetView& target : appliance.parts.targets) target.forwarding = ForwardingMode::kNat;
  appliance.Publish();
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  CHECK(Parsed(sent).key.client == AddressNamed("10.0.0.1"));
}

TEST_CASE("a client that comes again has another target when its own is gone (P7)", "[datapath]") {
  NatAppliance appliance;
  const Frame first = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  const std::size_t slot = appliance.RingSlot(WebFlow(40000));
  appliance.parts.targets[slot].state = TargetState::kRemoved;
  appliance.Publish();
  const Frame second = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  CHECK(appliance.DestinationOf(second) != appliance.DestinationOf(first));
  // What the old one still says is of no connection.
  CHECK(appliance.Turn({Answer(TcpPacket().Syn().Ack(), first).Build()}).empty());
  CHECK(EndsIn(OnlyOf(appliance.Turn({Answer(TcpPacket().Syn().Ack(), second).Build()}))) ==
        "tcp 192.0.2.1:80 > 198.51.100.7:40000");
  CHECK(appliance.nat().size() == 1);
}

TEST_CASE("an ICMP error about a reply goes to the target, about what it knows (RFC 5508)",
          "[datapath]") {
  NatAppliance appliance;
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}));
  const auto reply = TcpPacket().From("192.0.2.1", 80).To(kClient, 40000).Ack().Payload("page");
  for (const std::size_t quoted : {28U, 65535U}) {
    const Frame error = OnlyOf(appliance.Turn(
        {IcmpErrorFrom("203.0.113.1").Type(3, 4).Rest(1400).QuoteCutTo(reply, quoted).Build()}));
    CHECK(appliance.DestinationOf(error) == appliance.DestinationOf(sent));
    const ParsedPacket parsed = Parsed(error);
    REQUIRE(parsed.kind == PacketKind::kIcmp);
    CHECK(parsed.key.vip == Parsed(sent).key.vip);
    CHECK(parsed.key.client == AddressNamed("203.0.113.1"));
    const auto about =
        ParseIcmpError({error.data(), static_cast<std::uint32_t>(error.size())}, parsed);
    REQUIRE(about);  // its checksum is right
    CHECK(about->mtu == 1400);
    CHECK(about->source == Parsed(sent).key.vip);
    CHECK(about->source_port == 8080);
    CHECK(about->destination == AddressNamed("10.0.0.1"));
    CHECK(about->destination_port == SourcePort(sent));
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE("an ICMP error of a target, or on the way there, goes to the client (RFC 5508)",
          "[datapath]") {
  NatAppliance appliance;
  const auto question = UdpPacket().From(kClient, 5000).To("192.0.2.1", 53).Payload("?");
  const Frame sent = OnlyOf(appliance.Turn({question.Build()}));
  const Frame quote(sent.begin() + sizeof(EthernetHeader), sent.end());
  for (const std::string& router : {Parsed(sent).key.vip.ToString(), std::string("10.0.0.200")}) {
    const Frame error = OnlyOf(appliance.Turn(
        {IcmpErrorFrom(router).To("10.0.0.1").Type(3, 3).QuoteBytes(quote).Build()}));
    CHECK(appliance.DestinationOf(error) == "client");
    const ParsedPacket parsed = Parsed(error);
    REQUIRE(parsed.kind == PacketKind::kIcmp);
    CHECK(parsed.key.client == AddressNamed("192.0.2.1"));
    CHECK(parsed.key.vip == AddressNamed(kClient));
    const auto about =
        ParseIcmpError({error.data(), static_cast<std::uint32_t>(error.size())}, parsed);
    REQUIRE(about);
    CHECK(about->source == AddressNamed(kClient));
    CHECK(about->source_port == 5000);
    CHECK(about->destination == AddressNamed("192.0.2.1"));
    CHECK(about->destination_port == 53);
  }
  CHECK(appliance.AllAccounted());
}

TEST_CASE("an ICMP error about a packet that was not sent goes nowhere", "[datapath]") {
  NatAppliance appliance;
  const auto never = TcpPacket().From("10.0.0.1", 20005).To("10.0.0.11", 8080).Ack();
  CHECK(appliance.Turn({IcmpErrorFrom("10.0.0.200").Type(3, 3).Quote(never).Build()}).empty());
  CHECK(appliance.counters().drops[DropReason::kNatUnknown].Read() == 1);
  const auto reply = TcpPacket().From("192.0.2.1", 80).To(kClient, 40000).Ack();
  CHECK(appliance.Turn({IcmpErrorFrom("203.0.113.1").Type(3, 4).Quote(reply).Build()}).empty());
  CHECK(appliance.AllAccounted());
}

TEST_CASE("all fragments of a datagram are translated, in both directions", "[datapath]") {
  NatAppliance appliance;
  const auto piece = UdpPacket().From(kClient, 5000).To("192.0.2.1", 53).IpId(7);
  const auto sent = appliance.Turn(
      {PacketBuilder(piece).Payload(std::string(8, 'b')).FragmentOffset(2).Build(),
       PacketBuilder(piece).Payload(std::string(8, 'a')).UdpLength(24).MoreFragments().Build()});
  REQUIRE(sent.size() == 2);
  for (const Frame& frame : sent) {
    CHECK(Parsed(frame).key.client == AddressNamed("10.0.0.1"));
    CHECK(Parsed(frame).key.vip ==
          AddressNamed("10.0.0." + std::to_string(11 + appliance.RingSlot(DnsFlow(5000)))));
  }
  const Frame& first = Parsed(sent[0]).kind == PacketKind::kFlow ? sent[0] : sent[1];
  auto answer = Answer(UdpPacket().IpId(9), first);
  const auto back = appliance.Turn(
      {PacketBuilder(answer).Payload(std::string(8, 'a')).UdpLength(24).MoreFragments().Build(),
       PacketBuilder(answer).Payload(std::string(8, 'b')).FragmentOffset(2).Build()});
  REQUIRE(back.size() == 2);
  for (const Frame& frame : back) {
    CHECK(appliance.DestinationOf(frame) == "client");
    CHECK(Parsed(frame).key.client == AddressNamed("192.0.2.1"));
    CHECK(Parsed(frame).key.vip == AddressNamed(kClient));
  }
  CHECK(appliance.AllAccounted());
}

// ---- several workers

TEST_CASE("a reply that another worker receives is its owner's", "[datapath]") {
  NatAppliance appliance({.workers = 3});
  for (std::size_t owner = 0; owner < 3; ++owner) {
    const auto client = static_cast<std::uint16_t>(41000 + owner);
    const Frame sent = OnlyOf(appliance.Turn({FromClient(client).Syn().Build()}, owner));
    for (std::size_t receiver = 0; receiver < 3; ++receiver) {
      const auto first = appliance.Turn({Answer(TcpPacket().Syn().Ack(), sent).Build()}, receiver);
      if (receiver == owner) {
        CHECK(first.size() == 1);
        continue;
      }
      CHECK(first.empty());
      const Frame reply = OnlyOf(appliance.Turn({}, owner));
      CHECK(EndsIn(reply) == "tcp 192.0.2.1:80 > 198.51.100.7:" + std::to_string(client));
    }
  }
  for (std::size_t worker = 0; worker < 3; ++worker) {
    CHECK(appliance.counters(worker).rx_packets.Read() == 4);  // handed over: where they arrive
    CHECK(appliance.AllAccounted(worker));
  }
}

TEST_CASE("a connection whose packets change their worker stays with its owner (P5)",
          "[datapath]") {
  NatAppliance appliance({.workers = 2});
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}, 0));
  CHECK(appliance.Turn({FromClient().Ack().Payload("GET").Build()}, 1).empty());
  const Frame second = OnlyOf(appliance.Turn({}, 0));
  CHECK(EndsIn(second) == EndsIn(sent));
  CHECK(appliance.connections(1).size() + appliance.connections(1).copies() == 0);
  CHECK(appliance.nat(1).size() == 0);
  // An error about a reply, too.
  const auto reply = TcpPacket().From("192.0.2.1", 80).To(kClient, 40000).Ack().Payload("page");
  CHECK(appliance.Turn({IcmpErrorFrom("203.0.113.1").Type(3, 4).Quote(reply).Build()}, 1).empty());
  CHECK(appliance.DestinationOf(OnlyOf(appliance.Turn({}, 0))) == appliance.DestinationOf(sent));
  CHECK(appliance.AllAccounted(0));
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE("what is handed over arrives in order", "[datapath]") {
  NatAppliance appliance({.workers = 2});
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}, 0));
  std::vector<Frame> replies;
  for (std::uint32_t i = 0; i < 50; ++i)
    replies.push_back(Answer(TcpPacket().Ack().Sequence(i).Payload("x"), sent).Build());
  CHECK(appliance.Turn(replies, 1).empty());
  const auto arrived = appliance.Turn({}, 0);
  REQUIRE(arrived.size() == 50);
  for (std::uint32_t i = 0; i < 50; ++i)
    CHECK(Load<TcpHeader>(arrived[i].data() + Parsed(arrived[i]).l4_offset).sequence.value() == i);
}

TEST_CASE("a worker that is behind loses what it is handed, and that is counted", "[datapath]") {
  NatAppliance appliance({.workers = 2});
  const Frame sent = OnlyOf(appliance.Turn({FromClient().Syn().Build()}, 0));
  const Frame reply = Answer(TcpPacket().Ack().Payload("x"), sent).Build();
  for (int i = 0; i < 2; ++i) appliance.Turn(std::vector<Frame>(50, reply), 1);
  CHECK(appliance.counters(1).drops[DropReason::kHandoverFull].Read() == 100 - 63);
  CHECK(appliance.Turn({}, 0).size() == 63);
  CHECK(appliance.AllAccounted(0));
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE("fragments of a reply that another worker receives are its owner's", "[datapath]") {
  NatAppliance appliance({.workers = 2});
  const auto question = UdpPacket().From(kClient, 5000).To("192.0.2.1", 53).Payload("?");
  const Frame sent = OnlyOf(appliance.Turn({question.Build()}, 0));
  auto answer = Answer(UdpPacket().IpId(9), sent);
  CHECK(appliance
            .Turn({PacketBuilder(answer)
                       .Payload(std::string(8, 'a'))
                       .UdpLength(24)
                       .MoreFragments()
                       .Build(),
                   PacketBuilder(answer).Payload(std::string(8, 'b')).FragmentOffset(2).Build()},
                  1)
            .empty());
  CHECK(appliance.Turn({}, 0).size() == 2);
  CHECK(appliance.AllAccounted(0));
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE("ports that are not for replies are as without nat", "[datapath]") {
  NatAppliance appliance;
  const auto packet = TcpPacket().From("10.0.0.11", 8080).To("10.0.0.1", 19999).Ack();
  CHECK(appliance.Turn({packet.Build()}).empty());
  CHECK(appliance.counters().drops[DropReason::kNatUnknown].Read() == 0);
  CHECK(appliance.counters().drops[DropReason::kNoService].Read() == 1);
}

}  // namespace
}  // namespace holdfast
