#include "support/test_appliance.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "balancing/ring_hash.h"
#include "support/test_eal.h"
#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr HashKey kHashKey{{3, 4}};
constexpr std::uint64_t kCyclesPerSecond = 1'000'000'000;
std::atomic<std::uint64_t> cycles{kCyclesPerSecond * 1000};
std::uint64_t ReadCycles() { return cycles.load(std::memory_order_relaxed); }

// Of rings and ports: DPDK keeps names.
std::string Unique(const std::string& name) {
  static int count = 0;
  return name + std::to_string(++count);
}

template <typename Message>
void FreeAll(MessageRing<Message>& ring) {
  Message message{};
  while (ring.Pop({&message, 1}) == 1) {
    if constexpr (std::is_pointer_v<Message>)
      rte_pktmbuf_free(message);
    else
      rte_pktmbuf_free(message.mbuf);
  }
}

// The pool is every test's.
void FreeBuffersOf(KernelLane& lane) {
  FreeAll(lane.to_kernel);
  FreeAll(lane.spent);
  FreeAll(lane.blanks);
  FreeAll(lane.from_kernel);
}

TargetView MakeTarget(std::size_t slot) {
  return {.handle = Target(slot),
          .state = TargetState::kUp,
          .port = PortIndex{0},
          .name = "web-" + std::to_string(slot + 1),
          .address = IpAddress::FromV4(0x0a00000b + static_cast<std::uint32_t>(slot))};
}

std::size_t QueuesOf(const TestAppliance::Options& options) {
  return options.queues == 0 ? options.workers : options.queues;
}

ServiceView MakeService(const std::string& name, Protocol protocol,
                        std::vector<std::uint16_t> ports) {
  return {.name = name,
          .vip = AddressNamed("192.0.2.1"),
          .protocol = protocol,
          .ports = std::move(ports),
          .no_target = NoTargetPolicy::kReject,
          .ring = {},
          .balancing = {}};
}

}  // namespace

TestAppliance::TestAppliance(const Options& options)
    : clients(ClientTable::Create(options.clients, options.workers, HashKey{{5, 6}},
                                  MemoryKind::kNormal)
                  .value()),
      rcu(options.workers),
      port(Unique("wire"), static_cast<std::uint16_t>(QueuesOf(options))),
      queues_(QueuesOf(options)) {
  for (std::size_t slot = 0; slot < 3; ++slot) {
    parts.targets.push_back(MakeTarget(slot));
    neighbours.Set(slot, TargetMac(slot));
  }
  parts.services = {MakeService("web", Protocol::kTcp, {80, 443}),
                    MakeService("dns", Protocol::kUdp, {53})};
  snapshots = std::make_unique<SnapshotPublisher>(rcu, MakeSnapshot());
  for (std::size_t i = 0; i < options.workers; ++i) {
    crews_.push_back(MakeCrew(options));
    all_connections_.push_back(crews_.back().connections.get());
  }
  if (options.nat_ports || queues_ < options.workers) MakeHandoverRings();
  if (queues_ < options.workers) MakeSendRings();
  for (std::size_t i = 0; i < options.workers; ++i) MakeWorker(i, options);
}

void TestAppliance::MakeSendRings() {
  for (Crew& crew : crews_) crew.rings->for_others.resize(crews_.size());
  for (std::size_t worker = queues_; worker < crews_.size(); ++worker) {
    crews_[worker].send_by =
        std::make_unique<OutgoingRing>(OutgoingRing::Create(Unique("send"), 64).value());
    crews_[worker % queues_].rings->for_others[worker] = crews_[worker].send_by.get();
  }
}

void TestAppliance::MakeHandoverRings() {
  const std::size_t workers = crews_.size();
  for (Crew& crew : crews_)
    crew.rings->handover = {std::vector<OutgoingRing*>(workers),
                            std::vector<OutgoingRing*>(workers)};
  handover_rings_.reserve(workers * workers);
  for (std::size_t from = 0; from < workers; ++from) {
    for (std::size_t to = 0; to < workers; ++to) {
      if (from == to) continue;
      handover_rings_.push_back(OutgoingRing::Create(Unique("handover"), 64).value());
      crews_[from].rings->handover.to[to] = &handover_rings_.back();
      crews_[to].rings->handover.from[from] = &handover_rings_.back();
    }
  }
}

TestAppliance::~TestAppliance() {
  for (Crew& crew : crews_)
    if (crew.kernel != nullptr) FreeBuffersOf(*crew.kernel);
  for (OutgoingRing& ring : handover_rings_) FreeAll(ring);
  for (Crew& crew : crews_)
    if (crew.send_by != nullptr) FreeAll(*crew.send_by);
}

TestAppliance::Crew TestAppliance::MakeCrew(const Options& options) {
  Crew crew;
  crew.counters = std::make_unique<WorkerCounters>();
  crew.connections = std::make_unique<ConnectionTable>(
      ConnectionTable::Create(WorkerId(crews_.size()), options.connections, {}, kHashKey,
                              MemoryKind::kNormal)
          .value());
  crew.affinities = std::make_unique<AffinityTable>(
      AffinityTable::Create(4096, HashKey{{1, 2}}, MemoryKind::kNormal).value());
  crew.rings = std::make_unique<WorkerRings>(
      WorkerRings{NeighbourEventRing::Create(Unique("events"), 64).value(),
                  PathMtuEventRing::Create(Unique("path_mtus"), 64).value(),
                  OutgoingRing::Create(Unique("out"), 64).value()});
  if (options.kernel_rate != 0) crew.kernel = MakeKernelLane();
  if (options.nat_ports) {
    const NatPorts ports(*options.nat_ports, options.workers);
    crew.nat = std::make_unique<NatTable>(NatTable::Create(options.nat_sessions,
                                                           ports.PortsOf(WorkerId(crews_.size())),
                                                           kHashKey, MemoryKind::kNormal)
                                              .value());
  }
  return crew;
}

std::unique_ptr<KernelLane> TestAppliance::MakeKernelLane() {
  auto lane =
      std::make_unique<KernelLane>(KernelLane::Create(Unique("lane"), TestPackets()).value());
  for (std::size_t i = 0; i < KernelLane::kBlanks; ++i)
    lane->blanks.Push(rte_pktmbuf_alloc(TestPackets()));
  return lane;
}

void TestAppliance::MakeWorker(std::size_t index, const Options& options) {
  Crew& crew = crews_[index];
  const WorkerOptions worker{
      .id = WorkerId(index),
      .poll = options.poll,
      .max_sleep = absl::Microseconds(100),
      .hash_key = kHashKey,
      .ring_seed = kTestRingSeed,
      .cycles_per_second = kCyclesPerSecond,
      .cycles = ReadCycles,
      .kernel = crew.kernel.get(),
      .nat_ports = options.nat_ports ? NatPorts(*options.nat_ports, options.workers) : NatPorts(),
      .spread = options.spread};
  const WorkerTables tables{.connections = crew.connections.get(),
                            .all_connections = all_connections_,
                            .affinities = crew.affinities.get(),
                            .clients = &clients,
                            .fragments = &fragments,
                            .nat = crew.nat.get(),
                            .neighbours = &neighbours,
                            .path_mtus = &path_mtus,
                            .snapshots = snapshots.get(),
                            .captures = &captures,
                            .rcu = &rcu,
                            .counters = crew.counters.get(),
                            .probes = &probes};
  crew.worker =
      std::make_unique<Worker>(worker, WorkerPorts(PortsOf(options, index)), tables, *crew.rings);
}

std::vector<WorkerPort> TestAppliance::PortsOf(const Options& options, std::size_t worker) const {
  const std::vector<std::uint16_t> vlans =
      options.vlans.empty() ? std::vector<std::uint16_t>{0} : options.vlans;
  std::vector<WorkerPort> ports;
  for (std::size_t i = 0; i < vlans.size(); ++i) {
    const auto subnet = IpAddress::FromV4(0x0a000001 + (static_cast<std::uint32_t>(i) << 8));
    ports.push_back({.index = PortIndex(i),
                     .device = port.device(),
                     .queue = static_cast<std::uint16_t>(worker % queues_),
                     .queues = static_cast<std::uint16_t>(queues_),
                     .shared_by = static_cast<std::uint16_t>(
                         (crews_.size() - worker % queues_ + queues_ - 1) / queues_),
                     .send_by = crews_[worker].send_by.get(),
                     .mac = kBalancerMac,
                     .mtu = 1500,
                     .vlan = vlans[i],
                     .is_shared = !options.vlans.empty(),
                     .addresses = {{subnet, 24}},
                     .kernel_rate = options.kernel_rate});
    if (options.nat_ports) ports.back().addresses.push_back({AddressNamed("fd00::1"), 64});
  }
  return ports;
}

std::unique_ptr<const Snapshot> TestAppliance::MakeSnapshot() {
  ++parts.version;
  std::vector<MaglevRing::Choice> choices;
  for (std::size_t slot = 0; slot < parts.targets.size(); ++slot)
    if (parts.targets[slot].state == TargetState::kUp)
      choices.push_back({parts.targets[slot].name, weights[slot],
                         static_cast<std::uint16_t>(parts.targets[slot].handle.raw())});
  for (ServiceView& service : parts.services) {
    const auto is_down = [&](const MaglevRing::Choice& choice) {
      return service.balancing.IsDown(TargetHandle::FromRaw(choice.value));
    };
    std::vector<MaglevRing::Choice> usable = choices;
    std::erase_if(usable, is_down);
    service.ring = MaglevRing(usable, kTestRingSeed);
    service.balancing.turns = TurnSchedule(usable);
    service.balancing.least = LeastConnections(usable);
    service.automatic.targets.clear();
    for (const TargetView& target : parts.targets)
      service.automatic.targets.push_back(target.handle);
    std::ranges::sort(service.automatic.targets);
  }
  for (TargetView& target : parts.targets)
    target.down_somewhere = std::ranges::any_of(parts.services, [&](const ServiceView& service) {
      return service.balancing.IsDown(target.handle);
    });
  return std::make_unique<const Snapshot>(parts);
}

void TestAppliance::Publish() { snapshots->Publish(MakeSnapshot()); }

void TestAppliance::Advance(std::uint64_t seconds) { cycles += seconds * kCyclesPerSecond; }

std::uint64_t TestAppliance::Cycles() { return ReadCycles(); }

CoarseTick TestAppliance::Now() { return CoarseTick::FromCycles(ReadCycles(), kCyclesPerSecond); }

HashKey TestAppliance::hash_key() { return kHashKey; }

void TestAppliance::StartAffinity(const AffinityCell& key, TargetHandle owner) {
  for (Crew& crew : crews_) {
    if (!crew.writer) crew.writer = std::make_unique<AffinityTable::Writer>(*crew.affinities);
    crew.writer->Insert(key, owner);
  }
}

void TestAppliance::EndAffinity(const AffinityCell& key) {
  for (Crew& crew : crews_) crew.writer->Erase(key);
}

std::vector<AffinityTable*> TestAppliance::replicas() {
  std::vector<AffinityTable*> replicas;
  for (Crew& crew : crews_) replicas.push_back(crew.affinities.get());
  return replicas;
}

std::vector<Frame> TestAppliance::Turn(const std::vector<Frame>& frames, std::size_t worker) {
  const auto queue = static_cast<std::uint16_t>(worker % queues_);
  for (const Frame& frame : frames) port.Deliver(queue, frame);
  rcu.Online(WorkerId(worker));
  crews_[worker].worker->RunTurn();
  rcu.Offline(WorkerId(worker));
  return port.Take(queue);
}

std::string TestAppliance::Where(const Frame& frame, std::size_t worker) {
  const auto sent = Turn({frame}, worker);
  return sent.empty() ? "" : DestinationOf(sent.front());
}

std::string TestAppliance::DestinationOf(const Frame& frame) const {
  const MacAddress mac = Load<EthernetHeader>(frame.data()).destination;
  for (std::size_t slot = 0; slot < parts.targets.size(); ++slot)
    if (mac == TargetMac(slot)) return parts.targets[slot].name;
  return mac == kClientMac ? "client" : mac.ToString();
}

std::size_t TestAppliance::RingSlot(const FlowKey& flow) const {
  const Snapshot& snapshot = snapshots->Current();
  const Destination destination =
      HasPorts(flow.protocol) ? snapshot.Classify(flow) : snapshot.echo_map().Find(flow.vip);
  const ServiceSlot service = destination.service();
  const auto handle = snapshot.service(service).ring.Pick(RingHash(flow, kTestRingSeed));
  return TargetHandle::FromRaw(handle).slot();
}

std::string TestAppliance::OnRing(const FlowKey& flow) const {
  return parts.targets[RingSlot(flow)].name;
}

bool TestAppliance::AllAccounted(std::size_t worker) const {
  return PacketsAccounted(worker) && EntriesAccounted(worker);
}

bool TestAppliance::EntriesAccounted(std::size_t worker) const {
  const WorkerCounters& counters = *crews_[worker].counters;
  const ConnectionTable& table = *crews_[worker].connections;
  std::uint64_t left = table.size() + table.copies();
  for (const Counter* gone :
       {&counters.connections_expired, &counters.connections_evicted_unfinished,
        &counters.connections_evicted_closing, &counters.connections_evicted_unproven,
        &counters.connections_stale})
    left += gone->Read();
  return left == counters.connections_inserted.Read();
}

bool TestAppliance::PacketsAccounted(std::size_t worker) const {
  const WorkerCounters& counters = *crews_[worker].counters;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kDropReasons.size(); ++i)
    sum += counters.drops[static_cast<DropReason>(i)].Read();
  for (std::size_t i = 0; i < kLocalPacketNames.size(); ++i)
    sum += counters.local[static_cast<LocalPacket>(i)].Read();
  for (const ServiceCounters& service : counters.services)
    for (std::size_t i = 0; i < kStepNames.size(); ++i)
      sum += service.packets[static_cast<Step>(i)].Read();
  for (const ServiceCounters& service : counters.services) sum += service.returned_packets.Read();
  return sum == counters.rx_packets.Read();
}

}  // namespace holdfast
