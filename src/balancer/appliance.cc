#include "balancer/appliance.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "balancer/log.h"
#include "base/version.h"
#include "config/load.h"
#include "control/service_limits.h"
#include "telemetry/neighbour_families.h"

namespace holdfast {
namespace {

constexpr absl::Duration kUpkeepInterval = absl::Milliseconds(20);
constexpr absl::Duration kPortWatchInterval = absl::Seconds(1);
constexpr absl::Duration kStateWatchInterval = absl::Milliseconds(500);
// The loop waits so long for those that are there; one that is not must not hold it.
constexpr absl::Duration kPatienceWithTargets = absl::Milliseconds(200);
constexpr absl::Duration kFarewell = absl::Milliseconds(300);
constexpr std::size_t kExpiriesAtOnce = 1000;  // so that nobody waits long for the loop

absl::Status Annotated(const absl::Status& status, absl::string_view field) {
  return {status.code(), absl::StrCat(field, ": ", status.message(), ". Lower it, or free memory")};
}

template <typename Table>
void LogTable(absl::string_view what, const Table& table, std::uint64_t capacity) {
  spdlog::info("{}: room for {}, {} MB", std::string(what), capacity, table.memory_bytes() >> 20);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Appliance>> Appliance::Create(const config::BalancerConfig& config) {
  auto appliance = std::unique_ptr<Appliance>(new Appliance(config));
  auto datapath = Datapath::Open(config);
  if (!datapath.ok()) return datapath.status();
  appliance->datapath_ = *std::move(datapath);
  if (auto status = appliance->MakeTables(); !status.ok()) return status;
  if (auto status = appliance->OpenRoutes(); !status.ok()) return status;
  appliance->MakeControl();
  if (auto status = appliance->StartServers(); !status.ok()) return status;
  const auto tables = appliance->TablesOfWorkers();
  if (auto status = appliance->datapath_->Start(appliance->hash_key_, tables); !status.ok())
    return status;
  if (auto status = appliance->StartHealthChecks(); !status.ok()) return status;
  return appliance;
}

Appliance::Appliance(const config::BalancerConfig& config)
    : config_(config),
      directory_(config),
      rcu_(config.cores.workers.size()),
      snapshots_(rcu_, directory_.BuildSnapshot()) {}

// Those who ask go before what they ask for; workers before their tables.
Appliance::~Appliance() {
  control_server_.reset();
  metrics_server_.reset();
  prober_.reset();
  datapath_.reset();
}

absl::Status Appliance::MakeTables() {
  const MemoryKind memory = config_.eal.huge_pages ? MemoryKind::kHugePages : MemoryKind::kNormal;
  const HashKey affinity_key = HashKey::Random();
  if (auto status = MakeClients(memory); !status.ok()) return status;
  for (std::size_t i = 0; i < config_.cores.workers.size(); ++i) {
    auto connections =
        ConnectionTable::Create(WorkerId(i), config_.connections.per_worker,
                                TimeoutsOf(config_.connections.timeouts), hash_key_, memory);
    if (!connections.ok()) return Annotated(connections.status(), "connections.per_worker");
    auto affinities = AffinityTable::Create(config_.affinities.capacity, affinity_key, memory);
    if (!affinities.ok()) return Annotated(affinities.status(), "affinities.capacity");
    LogTable(absl::StrCat("worker ", i, ": connections"), *connections,
             config_.connections.per_worker);
    LogTable(absl::StrCat("worker ", i, ": affinities"), *affinities, config_.affinities.capacity);
    if (auto status = MakeNat(WorkerId(i), memory); !status.ok()) return status;
    connections_.push_back(std::make_unique<ConnectionTable>(*std::move(connections)));
    affinity_replicas_.push_back(std::make_unique<AffinityTable>(*std::move(affinities)));
    worker_counters_.push_back(std::make_unique<WorkerCounters>());
    all_connections_.push_back(connections_.back().get());
  }
  return absl::OkStatus();
}

// Also where no service has automatic affinity yet: memory may be gone when one gets it.
absl::Status Appliance::MakeClients(MemoryKind memory) {
  auto clients = ClientTable::Create(config_.affinities.clients, config_.cores.workers.size(),
                                     hash_key_, memory);
  if (!clients.ok()) return Annotated(clients.status(), "affinities.clients");
  LogTable("clients with automatic affinity", *clients, clients->capacity());
  clients_ = std::make_unique<ClientTable>(*std::move(clients));
  return absl::OkStatus();
}

absl::Status Appliance::MakeNat(WorkerId worker, MemoryKind memory) {
  if (!config_.nat) return absl::OkStatus();
  const NatPorts ports(config_.nat->ports, config_.cores.workers.size());
  auto table =
      NatTable::Create(config_.nat->sessions_per_worker, ports.PortsOf(worker), hash_key_, memory);
  if (!table.ok()) return Annotated(table.status(), "nat.sessions_per_worker");
  LogTable(absl::StrCat("worker ", Index(worker), ": sessions of nat by ports ",
                        ports.PortsOf(worker).ToString()),
           *table, table->capacity());
  nat_tables_.push_back(std::make_unique<NatTable>(*std::move(table)));
  return absl::OkStatus();
}

absl::Status Appliance::OpenRoutes() {
  if (!config_.kernel_routes_table) return absl::OkStatus();
  auto routes = HostRoutes::Open(*config_.kernel_routes_table);
  if (!routes.ok()) return routes.status();
  host_routes_ = std::make_unique<HostRoutes>(*std::move(routes));
  return absl::OkStatus();
}

void Appliance::MakeControl() {
  std::vector<AffinityTable*> replicas;
  for (const auto& replica : affinity_replicas_) replicas.push_back(replica.get());
  affinities_ = std::make_unique<AffinityManager>(
      AffinityManager::Options{.capacity = config_.affinities.capacity,
                               .max_duration = config_.affinities.max_duration,
                               .quota_per_target = config_.affinities.quota_per_target},
      clock_, directory_, replicas, control_counters_);
  resolver_ = std::make_unique<NeighbourResolver>(
      datapath_->Identities(), clock_, neighbours_, neighbour_counters_,
      [this](PortIndex port, std::span<const std::uint8_t> frame) {
        return datapath_->Send(port, frame);
      });
  health_ = std::make_unique<HealthChecks>(
      clock_, directory_,
      HealthChecks::Parts{
          .start = [this](const ProbeOrder& order) { prober_->Start(order); },
          .found =
              [this](const std::string& service, const std::string& target, Health health) {
                FollowHealth({service, target, health, HealthSource::kChecks});
              }});
  configuration_ = std::make_unique<LiveConfiguration>(config_, PartsOfConfiguration());
  explainer_ = std::make_unique<Explainer>(ExplainerSources());
  capture_desk_ = std::make_unique<CaptureDesk>(CaptureSources());
  Publish();
  metrics_ = std::make_unique<MetricSource>(MetricSources());
  loop_.Every(kUpkeepInterval, [this] { Upkeep(); });
  loop_.Every(kPortWatchInterval, [this] { WatchPorts(); });
  loop_.Every(kStateWatchInterval, [this] { WatchStates(); });
}

absl::Status Appliance::StartServers() {
  auto control = ControlServer::Start(config_.control,
                                      {.loop = &loop_,
                                       .directory = &directory_,
                                       .affinities = affinities_.get(),
                                       .configuration = configuration_.get(),
                                       .neighbours = &neighbours_,
                                       .publish = [this] { Publish(); },
                                       .counters = [this] { return metrics_->GatherOnLoop(); },
                                       .connection_tables = all_connections_,
                                       .explainer = explainer_.get(),
                                       .load_reports = &load_reports_,
                                       .neighbourhood = resolver_.get(),
                                       .captures = capture_desk_.get(),
                                       .health = health_.get()});
  if (!control.ok()) return control.status();
  control_server_ = *std::move(control);
  if (!config_.metrics.listen) return absl::OkStatus();
  auto metrics = MetricsServer::Start(*config_.metrics.listen, *metrics_);
  if (!metrics.ok()) return metrics.status();
  metrics_server_ = *std::move(metrics);
  return absl::OkStatus();
}

std::vector<WorkerTables> Appliance::TablesOfWorkers() {
  std::vector<WorkerTables> tables;
  for (std::size_t i = 0; i < connections_.size(); ++i)
    tables.push_back({.connections = connections_[i].get(),
                      .all_connections = all_connections_,
                      .affinities = affinity_replicas_[i].get(),
                      .clients = clients_.get(),
                      .fragments = &fragments_,
                      .nat = config_.nat ? nat_tables_[i].get() : nullptr,
                      .neighbours = &neighbours_,
                      .path_mtus = &path_mtu_table_,
                      .snapshots = &snapshots_,
                      .captures = &captures_,
                      .rcu = &rcu_,
                      .counters = worker_counters_[i].get(),
                      .probes = &probes_});
  return tables;
}

MetricSource::Sources Appliance::MetricSources() {
  MetricSource::Sources sources{.loop = &loop_,
                                .directory = &directory_,
                                .affinities = affinities_.get(),
                                .affinities_capacity = config_.affinities.capacity,
                                .control_counters = &control_counters_,
                                .workers = {},
                                .connection_tables = all_connections_,
                                .clients = clients_.get(),
                                .extra = [this] { return ExtraFamilies(); },
                                .health = health_.get(),
                                .version = kVersion,
                                .dpdk_version = Eal::DpdkVersion()};
  for (const auto& counters : worker_counters_) sources.workers.push_back(counters.get());
  return sources;
}

std::vector<Family> Appliance::ExtraFamilies() const {
  std::vector<Family> families = datapath_->Families();
  std::ranges::move(NeighbourFamilies(neighbour_counters_), std::back_inserter(families));
  return families;
}

Explainer::Sources Appliance::ExplainerSources() const {
  Explainer::Sources sources{.snapshots = &snapshots_,
                             .neighbours = &neighbours_,
                             .affinities = affinities_.get(),
                             .connections = all_connections_,
                             .clients = clients_.get(),
                             .affinity_replicas = {},
                             .hash_key = hash_key_,
                             .ring_seed = config_.ring_seed,
                             .ports = {},
                             .now = Datapath::Now};
  for (const auto& replica : affinity_replicas_) sources.affinity_replicas.push_back(replica.get());
  for (const PortIdentity& port : datapath_->Identities()) {
    const config::Port& config = config_.ports[sources.ports.size()];
    sources.ports.push_back(
        {config.name, port.mac, port.addresses, config.kernel ? config.kernel->interface : ""});
  }
  return sources;
}

CaptureDesk::Sources Appliance::CaptureSources() {
  CaptureDesk::Sources sources{.captures = &captures_,
                               .snapshots = &snapshots_,
                               .clock = &clock_,
                               .workers = config_.cores.workers.size(),
                               .ports = {},
                               .cycles = {ReadTsc, Datapath::CyclesPerSecond()}};
  for (const PortIdentity& port : datapath_->Identities())
    sources.ports.push_back({port.name, port.mac});
  return sources;
}

absl::Status Appliance::Run() {
  spdlog::info("holdfastd {} balances {} services over {} targets with {} workers", kVersion,
               config_.services.size(), config_.targets.size(), config_.cores.workers.size());
  if (host_routes_ != nullptr) AnnounceVips();
  loop_.Run();
  if (routes_ != nullptr) {
    // First, and with a moment for the routing daemon to tell its router, by this port: else
    // that would send packets into nothing until it misses the daemon.
    routes_.reset();
    absl::SleepFor(kFarewell);
  }
  if (control_server_ != nullptr) control_server_->Stop();
  metrics_server_.reset();  // a scrape asks the ports
  datapath_->Stop();
  return lost_port_;
}

// On the prober's thread results come; the loop is where they mean something.
absl::Status Appliance::StartHealthChecks() {
  auto prober = ProbeRunner::Create(clock_, probes_, [this](const ProbeResult& result) {
    loop_.Post([this, result] { health_->Take(result); });
  });
  if (!prober.ok()) return prober.status();
  prober_ = *std::move(prober);
  return absl::OkStatus();
}

// A pair that is found is in the directory: both follow the same configuration.
void Appliance::FollowHealth(const HealthFinding& finding) {
  const std::function<void()> publish = [this] { Publish(); };
  PutIntoForce(finding, {directory_, *affinities_, publish}).IgnoreError();
}

void Appliance::Publish() {
  health_->Follow(configuration_->now());
  auto snapshot = directory_.BuildSnapshot();
  resolver_->Follow(*snapshot, configuration_->now());
  path_mtus_.Follow(*snapshot);
  snapshots_.Publish(std::move(snapshot));
  if (routes_ != nullptr) routes_->Follow(snapshots_.Current());
  control_counters_.snapshots_published.Add(1);
}

LiveConfiguration::Parts Appliance::PartsOfConfiguration() {
  return {.directory = &directory_,
          .affinities = affinities_.get(),
          .meet_targets = [this](const config::BalancerConfig& next) { MeetTargets(next); },
          .publish = [this] { Publish(); },
          .set_log_level = SetLogLevel};
}

void Appliance::MeetTargets(const config::BalancerConfig& next) {
  resolver_->Meet(next);
  const absl::Duration end = clock_.Now() + kPatienceWithTargets;
  while (resolver_->strangers() > 0 && clock_.Now() < end) {
    HearNeighbours();
    absl::SleepFor(absl::Milliseconds(1));
  }
  if (const std::size_t strangers = resolver_->strangers(); strangers > 0)
    spdlog::warn("{} new next hops do not answer; what is balanced to them is lost until they do",
                 strangers);
}

void Appliance::Reload(const std::string& path) {
  config::LoadResult loaded = config::LoadBalancerConfig(path);
  if (auto* const next = std::get_if<config::BalancerConfig>(&loaded)) {
    loop_.Post([this, next = std::move(*next), path] {
      configuration_->Apply(next, absl::StrCat("SIGHUP, ", path));
    });
    return;
  }
  const auto& mistakes = std::get<std::vector<config::Mistake>>(loaded);
  for (const config::Mistake& mistake : mistakes) spdlog::error("SIGHUP, {}", mistake.ToString());
  spdlog::error("SIGHUP, {}: refused: {} mistakes; nothing has changed", path, mistakes.size());
}

void Appliance::HearNeighbours() {
  datapath_->DrainNeighbourEvents([this](const NeighbourEvent& event) { resolver_->Learn(event); });
  resolver_->Tick();
}

void Appliance::HearRouters() {
  datapath_->DrainPathMtuEvents([this](const PathMtuEvent& event) { path_mtus_.Learn(event); });
  path_mtus_.Tick();
}

void Appliance::Upkeep() {
  HearNeighbours();
  HearRouters();
  health_->Tick();
  affinities_->ExpireDue(kExpiriesAtOnce);
  ReleaseTargets();
  capture_desk_->EndOverdue();
  control_counters_.retired_pending.Set(rcu_.Reclaim());
}

void Appliance::WatchStates() {
  if (drains_.Tick()) affinities_->EndOrphans();
  if (load_reports_.Tick()) Publish();
}

void Appliance::AnnounceVips() {
  routes_ = std::make_unique<VipRoutes>(
      VipRoutes::Table{.add = [this](const Vip& vip) { return host_routes_->Add(vip); },
                       .remove = [this](const Vip& vip) { return host_routes_->Remove(vip); }});
  routes_->Follow(snapshots_.Current());
}

void Appliance::WatchPorts() {
  lost_port_ = datapath_->CheckPorts();
  if (!lost_port_.ok()) return loop_.Stop();
  if (routes_ != nullptr) routes_->Retry();
  for (const PortIndex port : datapath_->WatchLinks()) resolver_->AnnouncePort(port);
}

void Appliance::ReleaseTargets() {
  std::uint64_t swept = worker_counters_.front()->swept_version.Read();
  for (const auto& counters : worker_counters_)
    swept = std::min(swept, counters->swept_version.Read());
  directory_.ReleaseSwept(swept);
}

}  // namespace holdfast
