// The thread between workers and the kernel, with a socket for an interface.
#include "datapath/kernel_mover.h"

#include <fcntl.h>
#include <rte_mbuf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "support/frame.h"
#include "support/test_eal.h"

namespace holdfast {
namespace {

KernelLane MakeLane() {
  static int count = 0;
  StartTestEal();
  return KernelLane::Create("lane" + std::to_string(++count), TestPackets()).value();
}

// One interface, of port 0, and a lane to a worker that is the test.
struct World {
  World() {
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    mover = std::make_unique<KernelMover>(
        std::vector<KernelMover::Interface>{{"kern0", ends[0], PortIndex{0}, 1514}},
        std::vector<KernelLane*>{&lane});
  }
  ~World() {
    mover.reset();
    for (const int end : ends) close(end);
    std::array<rte_mbuf*, 64> mbufs;
    std::array<OutgoingFrame, 64> frames;
    for (auto* ring : {&lane.spent, &lane.blanks})
      while (const std::size_t count = ring->Pop(mbufs)) rte_pktmbuf_free_bulk(mbufs.data(), count);
    for (auto* ring : {&lane.to_kernel, &lane.from_kernel})
      while (const std::size_t count = ring->Pop(frames))
        for (std::size_t i = 0; i < count; ++i) rte_pktmbuf_free(frames[i].mbuf);
  }

  void Receive(const Frame& frame) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(TestPackets());
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    REQUIRE(lane.to_kernel.Push({.mbuf = mbuf, .port = PortIndex{0}}));
  }
  Frame Heard() const {
    Frame frame(4096);
    const ssize_t size = read(ends[1], frame.data(), frame.size());
    frame.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return frame;
  }
  void Say(const Frame& frame) const {
    REQUIRE(write(ends[1], frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
  }
  void GiveBlanks(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      REQUIRE(lane.blanks.Push(rte_pktmbuf_alloc(TestPackets())));
  }
  // What the worker is asked to send.
  std::vector<Frame> Sent() {
    std::array<OutgoingFrame, 64> frames;
    std::vector<Frame> sent;
    const std::size_t count = lane.from_kernel.Pop(frames);
    for (std::size_t i = 0; i < count; ++i) {
      const auto* bytes = rte_pktmbuf_mtod(frames[i].mbuf, const std::uint8_t*);
      CHECK(frames[i].port == PortIndex{0});
      sent.emplace_back(bytes, bytes + rte_pktmbuf_data_len(frames[i].mbuf));
      rte_pktmbuf_free(frames[i].mbuf);
    }
    return sent;
  }
  std::size_t Spent() {
    std::array<rte_mbuf*, 64> mbufs;
    const std::size_t count = lane.spent.Pop(mbufs);
    rte_pktmbuf_free_bulk(mbufs.data(), static_cast<unsigned>(count));
    return count;
  }
  [[nodiscard]] std::uint64_t Drops(KernelDrop reason) const {
    return mover->counters(0).to_kernel.drops[reason].Read() +
           mover->counters(0).from_kernel.drops[reason].Read();
  }

  KernelLane lane = MakeLane();
  std::array<int, 2> ends{};
  std::unique_ptr<KernelMover> mover;
};

TEST_CASE("what a worker hands over reaches the kernel whole, and its buffer comes back",
          "[datapath]") {
  World world;
  CHECK_FALSE(world.mover->Move());
  const Frame frame(60, 7);
  world.Receive(frame);
  CHECK(world.mover->Move());
  CHECK(world.Heard() == frame);
  CHECK(world.Spent() == 1);
  CHECK(world.mover->counters(0).to_kernel.packets.Read() == 1);
  CHECK(world.mover->counters(0).to_kernel.bytes.Read() == 60);
}

TEST_CASE("what the kernel sends goes to the first worker, padded to the shortest frame",
          "[datapath]") {
  World world;
  world.GiveBlanks(2);
  Frame frame(42, 9);
  world.Say(frame);
  CHECK(world.mover->Move());
  const auto sent = world.Sent();
  REQUIRE(sent.size() == 1);
  frame.resize(60);
  CHECK(sent[0] == frame);
  CHECK(world.mover->counters(0).from_kernel.packets.Read() == 1);
  CHECK(world.mover->counters(0).from_kernel.bytes.Read() == 42);
}

TEST_CASE("without a blank buffer the kernel's frames wait where they are", "[datapath]") {
  World world;
  world.Say(Frame(60, 1));
  CHECK_FALSE(world.mover->Move());
  CHECK(world.Sent().empty());
  world.GiveBlanks(1);
  CHECK(world.mover->Move());
  CHECK(world.Sent().size() == 1);
}

TEST_CASE("a kernel that is behind loses frames under their name, and no buffer", "[datapath]") {
  World world;
  std::size_t given = 0;
  while (world.Drops(KernelDrop::kInterfaceFull) == 0 && given < 10'000) {
    world.Receive(Frame(1514, 1));
    world.mover->Move();
    ++given;
    CHECK(world.Spent() == 1);
  }
  CHECK(world.Drops(KernelDrop::kInterfaceFull) == 1);
  CHECK(world.mover->counters(0).to_kernel.packets.Read() == given - 1);
}

TEST_CASE("what the kernel sends is no longer than the port takes, and has a header",
          "[datapath]") {
  World world;
  world.GiveBlanks(1);
  world.Say(Frame(1519, 1));
  world.Say(Frame(13, 1));
  world.Say(Frame(1514, 1));
  CHECK(world.mover->Move());
  CHECK(world.Sent().size() == 1);
  CHECK(world.Drops(KernelDrop::kOversized) == 1);
  CHECK(world.Drops(KernelDrop::kFailed) == 1);
}

TEST_CASE("an interface that is closed costs frames, and nothing else", "[datapath]") {
  World world;
  world.GiveBlanks(1);
  close(world.ends[1]);
  world.Receive(Frame(60, 1));
  world.mover->Move();
  CHECK(world.Spent() == 1);
  CHECK(world.Drops(KernelDrop::kFailed) == 1);
  world.mover->Wait();
  CHECK_FALSE(world.mover->Move());
  world.ends[1] = open("/dev/null", O_RDONLY);
}

}  // namespace
}  // namespace holdfast
