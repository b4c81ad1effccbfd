// A1: when a start or an end is answered, every worker already follows it.
//
// The management thread starts and ends affinities by the real rules; as soon as
// each is answered it sends a connection request of that client to both workers,
// which run all the time and carry other connections. Where each request came out
// is read from the wire. Before a client's affinity changes again its requests
// have come out: until then it is open which of both they are to follow.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <thread>

#include "control/affinity_manager.h"
#include "datapath/flows.h"
#include "support/fake_clock.h"
#include "unit/control/balancer_config.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::size_t kWorkers = 2;
constexpr std::uint32_t kClients = 500;
// A start and an end of each client in each: more than 100,000 of both, and fewer
// where a sanitizer makes everything many times slower.
#if defined(__SANITIZE_THREAD__)
constexpr std::uint32_t kRounds = 21;
#elif defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t kRounds = 5;
#else
constexpr std::uint32_t kRounds = 201;
#endif
constexpr std::uint32_t kStanding = 100;  // affinities that stand at a time
constexpr std::size_t kPortOffset = 34;
constexpr std::size_t kSourceOffset = 26;

IpAddress ClientAddress(std::uint32_t client) {
  return IpAddress::FromV4(0x0a640000 + client);  // 10.100.0.0
}

// A frame of a client's, whose port is changed from request to request.
class ClientFrame {
 public:
  ClientFrame(std::uint32_t client, bool syn) {
    PacketBuilder builder = TcpPacket();
    builder.From(ClientAddress(client).ToString(), 1).To("192.0.2.1", 80);
    frame_ = (syn ? builder.Syn() : builder.Ack().Payload("more")).Build();
  }
  const Frame& WithPort(std::uint16_t port) {
    Store(frame_.data() + kPortOffset, TwoBytes{BigEndian16(port)});
    return frame_;
  }

 private:
  struct TwoBytes {
    BigEndian16 value;
  };
  Frame frame_;
};

// Which target each connection must be on, by client and port; 0: not open.
class Expectations {
 public:
  Expectations() : slots_(std::size_t{kClients} << 16) {}
  std::atomic<std::uint8_t>& Of(std::uint32_t client, std::uint16_t port) {
    return slots_[std::size_t{client} << 16 | port];
  }

 private:
  std::vector<std::atomic<std::uint8_t>> slots_;
};

// The other end of the wire: checks what comes out until all that went in has.
class Observer {
 public:
  Observer(TestAppliance& appliance, Expectations& expectations)
      : appliance_(appliance), expectations_(expectations), thread_([this] { Observe(); }) {}
  ~Observer() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::uint64_t wrong() const { return wrong_; }
  [[nodiscard]] std::uint64_t seen_of(std::size_t worker) const {
    return seen_of_[worker].load(std::memory_order_acquire);
  }

 private:
  void Observe() {
    while (!stop_) {
      bool any = false;
      for (std::uint16_t queue = 0; queue < kWorkers; ++queue)
        for (const Frame& frame : appliance_.port.Take(queue)) {
          Check(frame);
          ++seen_of_[queue];
          any = true;
        }
      if (!any) std::this_thread::yield();
    }
  }
  void Check(const Frame& frame) {
    const std::uint32_t client =
        Load<Ipv4Header>(frame.data() + 14).source.value() - ClientAddress(0).V4();
    const std::uint16_t port = Load<TcpHeader>(frame.data() + kPortOffset).source_port.value();
    const std::size_t slot = Load<EthernetHeader>(frame.data()).destination.bytes[5];
    if (expectations_.Of(client, port).load() != slot + 1) ++wrong_;
  }

  TestAppliance& appliance_;
  Expectations& expectations_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> wrong_{0};
  std::array<std::atomic<std::uint64_t>, kWorkers> seen_of_{};
  std::thread thread_;
};

// The management thread's side: rules, and the client who waits for their answer.
class Management {
 public:
  Management(TestAppliance& appliance, Expectations& expectations, const Observer& observer)
      : appliance_(appliance), expectations_(expectations), observer_(observer) {
    for (std::uint32_t client = 0; client < kClients; ++client) {
      syns_.emplace_back(client, true);
      requests_.emplace_back(client, false);
    }
  }

  // False when an answer was not the expected one.
  bool StartAndSend(std::uint32_t client, std::uint16_t port, std::size_t owner) {
    AwaitRequestsOf(client);
    const auto answer = affinities_.Start(Selector(client), Name(owner), absl::ZeroDuration());
    SendSyns(client, port, owner);
    return answer.outcome == AffinityOutcome::kStarted;
  }
  bool EndAndSend(std::uint32_t client, std::uint16_t port, std::size_t owner) {
    AwaitRequestsOf(client);
    const auto answer = affinities_.End(Selector(client), Name(owner));
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker)
      Send(syns_[client], client, worker, static_cast<std::uint16_t>(port + worker),
           OnRing(client, static_cast<std::uint16_t>(port + worker)));
    return answer.outcome == AffinityOutcome::kEnded;
  }
  // A packet on connections that were opened before.
  void SendMore(std::uint32_t client, std::uint16_t port) {
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      const auto of_worker = static_cast<std::uint16_t>(port + worker);
      Send(requests_[client], client, worker, of_worker,
           expectations_.Of(client, of_worker).load() - 1U);
    }
  }
  // The target that balancing chooses for neither worker's port.
  std::size_t NotOnRing(std::uint32_t client, std::uint16_t port) const {
    for (std::size_t slot = 0;; ++slot)
      if (OnRing(client, port) != slot &&
          OnRing(client, static_cast<std::uint16_t>(port + 1)) != slot)
        return slot;
  }
  void AwaitAll() const {
    for (std::uint32_t client = 0; client < kClients; ++client) AwaitRequestsOf(client);
  }

 private:
  static std::string Name(std::size_t slot) { return "web-" + std::to_string(slot + 1); }
  static AffinitySelector Selector(std::uint32_t client) {
    return {.vip = AddressNamed("192.0.2.1"),
            .protocol = Protocol::kTcp,
            .service_ports = {},
            .client = ClientAddress(client),
            .client_ports = {}};
  }
  [[nodiscard]] std::size_t OnRing(std::uint32_t client, std::uint16_t port) const {
    FlowKey flow = WebFlow(port);
    flow.client = ClientAddress(client);
    return appliance_.RingSlot(flow);
  }
  void SendSyns(std::uint32_t client, std::uint16_t port, std::size_t target) {
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker)
      Send(syns_[client], client, worker, static_cast<std::uint16_t>(port + worker), target);
  }
  void Send(ClientFrame& frame, std::uint32_t client, std::uint16_t worker, std::uint16_t port,
            std::size_t target) {
    while (sent_[worker] - observer_.seen_of(worker) > RingPort::kRingSize / 2)
      std::this_thread::yield();
    expectations_.Of(client, port).store(static_cast<std::uint8_t>(target + 1));
    if (!appliance_.port.Deliver(worker, frame.WithPort(port))) std::abort();
    ++sent_[worker];
    awaited_[client] = sent_;
  }
  // A queue keeps its order: so many came out, so they did.
  void AwaitRequestsOf(std::uint32_t client) const {
    for (std::size_t worker = 0; worker < kWorkers; ++worker)
      while (observer_.seen_of(worker) < awaited_[client][worker]) std::this_thread::yield();
  }

  TestAppliance& appliance_;
  Expectations& expectations_;
  const Observer& observer_;
  const FakeClock clock_;
  const TargetDirectory directory_{testing::ThreeTargets()};
  ControlCounters counters_;
  AffinityManager affinities_{{}, clock_, directory_, appliance_.replicas(), counters_};
  std::vector<ClientFrame> syns_;
  std::vector<ClientFrame> requests_;
  std::array<std::uint64_t, kWorkers> sent_{};
  // What had been sent with the client's last packet.
  std::vector<std::array<std::uint64_t, kWorkers>> awaited_{kClients};
};

TEST_CASE("A1: every answered start and end is followed by both workers", "[datapath][race]") {
  TestAppliance appliance({.workers = kWorkers, .connections = 1 << 18});
  Expectations expectations;
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < kWorkers; ++i)
    workers.emplace_back([&, i] { appliance.worker(i).Run(stop); });
  Observer observer(appliance, expectations);
  Management management(appliance, expectations, observer);

  // Step by step: one client's affinity starts, that of an earlier one ends.
  struct Standing {
    std::uint32_t client;
    std::uint16_t port;
    std::size_t owner;
  };
  std::deque<Standing> standing;
  std::uint64_t refused = 0;
  for (std::uint32_t step = 0; step < kClients * kRounds; ++step) {
    const std::uint32_t client = step % kClients;
    const auto port = static_cast<std::uint16_t>(1 + step / kClients * 2 * kWorkers);
    const std::size_t owner = management.NotOnRing(client, port);
    refused += management.StartAndSend(client, port, owner) ? 0 : 1;
    standing.push_back({client, port, owner});
    if (standing.size() < kStanding) continue;
    const Standing oldest = standing.front();
    standing.pop_front();
    management.SendMore(oldest.client, oldest.port);
    const auto after = static_cast<std::uint16_t>(oldest.port + kWorkers);
    refused += management.EndAndSend(oldest.client, after, oldest.owner) ? 0 : 1;
  }
  management.AwaitAll();
  stop = true;
  for (std::thread& worker : workers) worker.join();
  observer.Stop();

  CHECK(refused == 0);
  CHECK(observer.wrong() == 0);
  for (std::size_t worker = 0; worker < kWorkers; ++worker) {
    CHECK(observer.seen_of(worker) == 3 * kClients * kRounds - 2 * (kStanding - 1));
    CHECK(appliance.counters(worker).services[Index(kWeb)].requests[Decision::kAffinity].Read() ==
          kClients * kRounds);
    CHECK(appliance.AllAccounted(worker));
  }
}

}  // namespace
}  // namespace holdfast
