// More workers than a device has queues: those that have one share what comes, and send for all.
#include "datapath/flow_spread.h"

#include <rte_ethdev.h>

#include <catch2/catch.hpp>

#include "datapath/flows.h"
#include "datapath/port.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

using config::Spread;

struct Shared : TestAppliance {
  Shared(std::size_t workers, std::size_t queues)
      : TestAppliance(Options{.workers = workers, .queues = queues}), count(workers) {}
  // All workers have a turn, twice, so that what one sends for another leaves.
  std::vector<Frame> All(const std::vector<Frame>& frames, std::size_t queue = 0) {
    std::vector<Frame> sent = Turn(frames, queue);
    for (int round = 0; round < 2; ++round)
      for (std::size_t worker = 0; worker < count; ++worker)
        for (Frame& frame : Turn({}, worker)) sent.push_back(std::move(frame));
    return sent;
  }
  std::size_t count;
};

std::vector<Frame> Syns(std::uint16_t count, std::uint16_t first = 1000) {
  std::vector<Frame> frames;
  for (std::uint16_t i = 0; i < count; ++i)
    frames.push_back(Syn(static_cast<std::uint16_t>(first + i)));
  return frames;
}

TEST_CASE("flows of one queue are shared by all workers, and all packets leave", "[datapath]") {
  Shared appliance(3, 1);
  std::size_t sent = 0;
  for (std::uint16_t i = 0; i < 10; ++i)
    sent += appliance.All(Syns(30, static_cast<std::uint16_t>(1000 + 30 * i))).size();
  CHECK(sent == 300);
  for (std::size_t worker = 0; worker < 3; ++worker) {
    CAPTURE(worker);
    CHECK(appliance.counters(worker).rx_packets.Read() > 60);
    CHECK(appliance.counters(worker).rx_packets.Read() < 140);
    CHECK(appliance.counters(worker).tx_packets.Read() ==
          appliance.counters(worker).rx_packets.Read());
    CHECK(appliance.AllAccounted(worker));
  }
}

TEST_CASE("a flow stays with one worker", "[datapath]") {
  Shared appliance(4, 1);
  appliance.All(Syns(20));
  for (std::uint32_t i = 0; i < 5; ++i) {
    std::vector<Frame> frames;
    for (std::uint16_t j = 0; j < 20; ++j)
      frames.push_back(Request(static_cast<std::uint16_t>(1000 + j)));
    CHECK(appliance.All(frames).size() == 20);
  }
  std::uint64_t connections = 0;
  for (std::size_t worker = 0; worker < 4; ++worker) {
    connections += appliance.connections(worker).size();
    CHECK(appliance.connections(worker).copies() == 0);
  }
  CHECK(connections == 20);
}

TEST_CASE("with two queues for five workers, each queue is shared by its own", "[datapath]") {
  Shared appliance(5, 2);
  for (std::uint16_t i = 0; i < 10; ++i) {
    CHECK(appliance.All(Syns(20), 0).size() == 20);
    CHECK(appliance.All(Syns(20), 1).size() == 20);
  }
  std::uint64_t even = 0;
  std::uint64_t odd = 0;
  for (std::size_t worker = 0; worker < 5; ++worker) {
    const std::uint64_t received = appliance.counters(worker).rx_packets.Read();
    CHECK(received > 0);
    (worker % 2 == 0 ? even : odd) += received;
  }
  CHECK(even == 200);
  CHECK(odd == 200);
}

TEST_CASE("ARP and ping are answered by who received them", "[datapath]") {
  Shared appliance(3, 1);
  CHECK(appliance.Turn({ArpRequest().From("10.0.0.2").To("10.0.0.1").Build()}).size() == 1);
  CHECK(appliance.Turn({EchoRequest().To("192.0.2.1").Build()}).size() == 1);
}

TEST_CASE("all fragments of a datagram have one worker", "[datapath]") {
  Shared appliance(4, 1);
  for (std::uint16_t i = 0; i < 20; ++i) {
    const auto piece =
        UdpPacket().From("198.51.100." + std::to_string(i + 1), 5000).To("192.0.2.1", 53).IpId(i);
    const auto sent = appliance.All(
        {PacketBuilder(piece).Payload(std::string(8, 'a')).UdpLength(24).MoreFragments().Build(),
         PacketBuilder(piece).Payload(std::string(8, 'b')).FragmentOffset(2).Build()});
    CHECK(sent.size() == 2);
  }
  std::size_t used = 0;
  for (std::size_t worker = 0; worker < 4; ++worker) {
    CHECK(appliance.counters(worker).rx_packets.Read() % 2 == 0);
    used += appliance.counters(worker).rx_packets.Read() > 0 ? 1 : 0;
  }
  CHECK(used > 1);
}

TEST_CASE("a worker that is behind loses what it is handed, and that is counted", "[datapath]") {
  Shared appliance(2, 1);
  for (int i = 0; i < 10; ++i) appliance.Turn(Syns(50), 0);  // the other one has no turn
  CHECK(appliance.counters(0).drops[DropReason::kHandoverFull].Read() > 50);
  CHECK(appliance.AllAccounted(0));
  appliance.All({});
  CHECK(appliance.counters(0).rx_packets.Read() + appliance.counters(1).rx_packets.Read() == 500);
  CHECK(appliance.AllAccounted(1));
}

TEST_CASE("when a device takes no more, those that it is shared by lose, and count it",
          "[datapath]") {
  Shared appliance(2, 1);
  appliance.port.BlockTransmit(0);
  for (int i = 0; i < 20; ++i) {
    for (const Frame& frame : Syns(50)) appliance.port.Deliver(0, frame);
    for (std::size_t worker = 0; worker < 2; ++worker) {
      appliance.rcu.Online(WorkerId(worker));
      appliance.worker(worker).RunTurn();
      appliance.rcu.Offline(WorkerId(worker));
    }
  }
  const WorkerCounters& other = appliance.counters(1);
  CHECK(other.drops[DropReason::kTxFull].Read() > 0);
  CHECK(other.tx_packets.Read() + other.drops[DropReason::kTxFull].Read() ==
        other.rx_packets.Read());
  CHECK(appliance.AllAccounted(1));
}

// ---- the hash

std::optional<std::uint32_t> Hash(Spread spread, const PacketBuilder& packet) {
  const Frame frame = packet.Build();
  return FlowSpread(spread, HashKey{{5, 6}}, WorkerId{0})
      .HashOf({frame.data(), static_cast<std::uint32_t>(frame.size())});
}

TEST_CASE("by flow, ports count; by addresses they do not", "[datapath]") {
  for (const bool is_ipv4 : {true, false}) {
    const auto packet = [&](std::uint16_t port) {
      return is_ipv4 ? TcpPacket().From(kClient, port).To("192.0.2.1", 80).Ack()
                     : TcpPacket().From("2001:db8::7", port).To("2001:db8:1::1", 80).Ack();
    };
    CHECK(Hash(Spread::kFlow, packet(1)) == Hash(Spread::kFlow, packet(1).Payload("x")));
    CHECK(Hash(Spread::kFlow, packet(1)) != Hash(Spread::kFlow, packet(2)));
    CHECK(Hash(Spread::kAddresses, packet(1)) == Hash(Spread::kAddresses, packet(2)));
    CHECK(Hash(Spread::kSymmetric, packet(1)) != Hash(Spread::kSymmetric, packet(2)));
  }
}

TEST_CASE("symmetric, both directions of a flow are the same", "[datapath]") {
  const auto there = TcpPacket().From(kClient, 40000).To("192.0.2.1", 80).Ack();
  const auto back = TcpPacket().From("192.0.2.1", 80).To(kClient, 40000).Ack();
  CHECK(Hash(Spread::kSymmetric, there) == Hash(Spread::kSymmetric, back));
  CHECK(Hash(Spread::kFlow, there) != Hash(Spread::kFlow, back));
}

TEST_CASE("where the device can, it spreads by what is configured", "[datapath]") {
  rte_eth_dev_info device{};
  device.flow_type_rss_offloads = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP;
  device.hash_key_size = 52;
  const RssChoice flow = RssChoice::For(Spread::kFlow, device);
  CHECK(flow.functions == (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP));  // what it has of what is wanted
  CHECK(flow.key.empty());
  CHECK(RssChoice::For(Spread::kAddresses, device).functions == RTE_ETH_RSS_IP);
  const RssChoice symmetric = RssChoice::For(Spread::kSymmetric, device);
  REQUIRE(symmetric.key.size() == 52);
  for (std::size_t i = 2; i < 52; ++i) CHECK(symmetric.key[i] == symmetric.key[i - 2]);
}

TEST_CASE("what is of no flow has no hash", "[datapath]") {
  CHECK_FALSE(Hash(Spread::kFlow, EchoRequest()));
  CHECK_FALSE(Hash(Spread::kFlow, EchoRequestV6()));
  CHECK_FALSE(Hash(Spread::kFlow, TcpPacket().TruncatedTo(33)));
}

}  // namespace
}  // namespace holdfast
