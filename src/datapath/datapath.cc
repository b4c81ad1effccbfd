#include "datapath/datapath.h"

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "datapath/eal_arguments.h"
#include "datapath/machine_check.h"

namespace holdfast {
namespace {

constexpr unsigned kRingSize = 1024;

absl::Status CheckMachine(const config::BalancerConfig& config) {
  absl::Status status = CheckCpus(config.cores);
  status.Update(CheckMemory(config.eal));
  for (const config::Port& port : config.ports)
    status.Update(CheckDevice(port, config.cores.workers.size()));
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Datapath>> Datapath::Open(const config::BalancerConfig& config) {
  if (auto status = CheckMachine(config); !status.ok()) return status;
  auto eal = Eal::Start(EalArguments(config));
  if (!eal.ok()) return eal.status();
  auto datapath = std::unique_ptr<Datapath>(new Datapath(config));
  datapath->eal_ = *std::move(eal);
  auto packets = PacketPool::Create(config);
  if (!packets.ok()) return packets.status();
  datapath->packets_ = *std::move(packets);
  if (auto status = datapath->OpenPorts(); !status.ok()) return status;
  if (auto status = datapath->MakeRings(); !status.ok()) return status;
  return datapath;
}

Datapath::~Datapath() { Stop(); }

absl::Status Datapath::OpenPorts() {
  const auto queues = static_cast<std::uint16_t>(config_.cores.workers.size());
  for (std::size_t i = 0; i < config_.ports.size(); ++i)
    if (auto status = OpenPort(config_.ports[i], PortIndex(i)); !status.ok()) return status;
  watch_ = std::make_unique<PortWatch>(ports_);
  auto kernel = KernelShare::Create(ports_, queues, packets_.get());
  if (!kernel.ok()) return kernel.status();
  kernel_ = *std::move(kernel);
  return absl::OkStatus();
}

absl::Status Datapath::OpenPort(const config::Port& config, PortIndex index) {
  const auto shares = [&](const config::Port& other) { return other.device == config.device; };
  const auto opener = std::ranges::find_if(
      ports_, [&](const auto& port) { return port->owns_device() && shares(port->config()); });
  if (opener == ports_.end()) {
    Port::Needs needs{
        .workers = config_.cores.workers.size(), .mtu = config.mtu, .spread = config_.cores.spread};
    for (const config::Port& other : config_.ports)
      if (shares(other)) needs.mtu = std::max(needs.mtu, other.mtu);
    auto port = Port::Open(config, index, needs, packets_.get());
    if (!port.ok()) return port.status();
    ports_.push_back(*std::move(port));
  } else {
    ports_.push_back(Port::OpenVlan(config, index, **opener));
  }
  if (std::ranges::any_of(config_.ports, [&](const config::Port& other) {
        return shares(other) && other.vlan != 0;
      }))
    ports_.back()->SetShared();
  return absl::OkStatus();
}

absl::Status Datapath::MakeRings() {
  for (std::size_t i = 0; i < config_.cores.workers.size(); ++i) {
    auto events = NeighbourEventRing::Create(absl::StrCat("neighbours_", i), kRingSize);
    if (!events.ok()) return events.status();
    auto path_mtu_events = PathMtuEventRing::Create(absl::StrCat("path_mtus_", i), kRingSize);
    if (!path_mtu_events.ok()) return path_mtu_events.status();
    auto outgoing = OutgoingRing::Create(absl::StrCat("outgoing_", i), kRingSize);
    if (!outgoing.ok()) return outgoing.status();
    crews_.push_back(
        {{*std::move(events), *std::move(path_mtu_events), *std::move(outgoing)}, {}, nullptr, 0});
  }
  const bool spreads =
      std::ranges::any_of(ports_, [&](const auto& port) { return port->queues() < crews_.size(); });
  if (config_.nat || spreads)
    if (auto status = MakeHandoverRings(); !status.ok()) return status;
  return spreads ? MakeSendRings() : absl::OkStatus();
}

absl::StatusOr<OutgoingRing*> Datapath::RingBetweenWorkers(absl::string_view what, std::size_t from,
                                                           std::size_t to) {
  auto ring = OutgoingRing::Create(absl::StrCat(what, "_", from, "_", to), kRingSize);
  if (!ring.ok()) return ring.status();
  worker_rings_.push_back(std::make_unique<OutgoingRing>(*std::move(ring)));
  return worker_rings_.back().get();
}

absl::Status Datapath::MakeHandoverRings() {
  const std::size_t workers = crews_.size();
  for (Crew& crew : crews_)
    crew.rings.handover = {std::vector<OutgoingRing*>(workers),
                           std::vector<OutgoingRing*>(workers)};
  for (std::size_t from = 0; from < workers; ++from) {
    for (std::size_t to = 0; to < workers; ++to) {
      if (from == to) continue;
      const auto ring = RingBetweenWorkers("handover", from, to);
      if (!ring.ok()) return ring.status();
      crews_[from].rings.handover.to[to] = *ring;
      crews_[to].rings.handover.from[from] = *ring;
    }
  }
  return absl::OkStatus();
}

absl::Status Datapath::MakeSendRings() {
  for (Crew& crew : crews_) {
    crew.rings.for_others.resize(crews_.size());
    crew.send_by.resize(crews_.size());
  }
  for (const auto& port : ports_) {
    for (std::size_t worker = port->queues(); worker < crews_.size(); ++worker) {
      OutgoingRing*& to_owner = crews_[worker].send_by[port->OwnerFor(worker)];
      if (to_owner != nullptr) continue;  // of another port
      const auto ring = RingBetweenWorkers("send", worker, port->OwnerFor(worker));
      if (!ring.ok()) return ring.status();
      to_owner = *ring;
      crews_[port->OwnerFor(worker)].rings.for_others[worker] = *ring;
    }
  }
  return absl::OkStatus();
}

absl::Status Datapath::Start(const HashKey& hash_key, std::span<const WorkerTables> tables) {
  for (const auto& port : ports_)
    if (auto status = port->Start(); !status.ok()) return status;
  for (std::size_t i = 0; i < crews_.size(); ++i)
    if (auto status = Launch(crews_[i], hash_key, tables[i], i); !status.ok()) return status;
  if (kernel_ != nullptr) kernel_->Start();
  return absl::OkStatus();
}

absl::Status Datapath::Launch(Crew& crew, const HashKey& hash_key, const WorkerTables& tables,
                              std::size_t index) {
  const WorkerOptions options{
      .id = WorkerId(index),
      .poll = config_.cores.poll,
      .max_sleep = config_.cores.max_sleep,
      .hash_key = hash_key,
      .ring_seed = config_.ring_seed,
      .cycles_per_second = rte_get_tsc_hz(),
      .kernel = kernel_ == nullptr ? nullptr : kernel_->lane(index),
      .nat_ports = config_.nat ? NatPorts(config_.nat->ports, crews_.size()) : NatPorts(),
      .spread = config_.cores.spread};
  crew.worker = std::make_unique<Worker>(options, PortsOf(index), tables, crew.rings);
  struct Errand {
    Worker* worker;
    const std::atomic<bool>* stop;
  };
  const auto run = [](void* argument) {
    const std::unique_ptr<Errand> errand(static_cast<Errand*>(argument));
    errand->worker->Run(*errand->stop);
    return 0;
  };
  auto errand = std::make_unique<Errand>(Errand{crew.worker.get(), &stop_});
  const auto lcore = static_cast<unsigned>(index + 1);  // EalArguments()
  if (const int result = rte_eal_remote_launch(run, errand.get(), lcore); result != 0)
    return DpdkError(absl::StrCat("worker ", index, " cannot be launched"), -result);
  static_cast<void>(errand.release());
  crew.lcore = lcore;
  return absl::OkStatus();
}

WorkerPorts Datapath::PortsOf(std::size_t worker) const {
  std::vector<WorkerPort> ports;
  for (const auto& port : ports_) {
    ports.push_back(port->ForWorker(worker, crews_.size()));
    if (const std::size_t owner = port->OwnerFor(worker); owner != worker)
      ports.back().send_by = crews_[worker].send_by[owner];
  }
  return WorkerPorts(std::move(ports));
}

void Datapath::Stop() {
  stop_.store(true, std::memory_order_relaxed);
  for (Crew& crew : crews_)
    if (crew.lcore != 0) rte_eal_wait_lcore(crew.lcore);
  watch_.reset();
  crews_.clear();
  kernel_.reset();
  ports_.clear();
}

CoarseTick Datapath::Now() { return CoarseTick::FromCycles(ReadTsc(), rte_get_tsc_hz()); }

std::uint64_t Datapath::CyclesPerSecond() { return rte_get_tsc_hz(); }

std::vector<PortIdentity> Datapath::Identities() const {
  std::vector<PortIdentity> identities;
  for (const auto& port : ports_)
    identities.push_back({port->mac(), port->config().addresses, port->config().name});
  return identities;
}

std::vector<Family> Datapath::Families() const {
  std::vector<Family> families = watch_->Families();
  if (kernel_ == nullptr) return families;
  for (Family& family : kernel_->Families()) families.push_back(std::move(family));
  return families;
}

bool Datapath::Send(PortIndex port, std::span<const std::uint8_t> frame) {
  rte_mbuf* mbuf = rte_pktmbuf_alloc(packets_.get());
  if (mbuf == nullptr) return false;
  std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
              frame.size());
  if (crews_.front().rings.outgoing.Push({.mbuf = mbuf, .port = port})) return true;
  rte_pktmbuf_free(mbuf);
  return false;
}

void Datapath::DrainNeighbourEvents(absl::FunctionRef<void(const NeighbourEvent&)> learn) {
  std::array<NeighbourEvent, 64> events;
  for (Crew& crew : crews_) {
    const std::size_t count = crew.rings.events.Pop(events);
    for (const NeighbourEvent& event : std::span(events.data(), count)) learn(event);
  }
}

void Datapath::DrainPathMtuEvents(absl::FunctionRef<void(const PathMtuEvent&)> learn) {
  std::array<PathMtuEvent, 64> events;
  for (Crew& crew : crews_) {
    const std::size_t count = crew.rings.path_mtu_events.Pop(events);
    for (const PathMtuEvent& event : std::span(events.data(), count)) learn(event);
  }
}

}  // namespace holdfast
