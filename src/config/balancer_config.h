// BalancerConfig: config/balancer.yaml, read, checked and typed. Every rule of
// proto/holdfast/v1/config.proto holds for a value of this type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/balancing_method.h"
#include "base/flow_key.h"
#include "base/forwarding_mode.h"
#include "base/ip_address.h"
#include "base/mac_address.h"
#include "base/port_set.h"
#include "base/vip.h"

namespace holdfast::config {

struct Eal {
  bool huge_pages = true;
  std::uint32_t memory_mb = 256;
  bool in_memory = true;
  std::vector<std::string> extra_args;
};

enum class Poll { kBusy, kAdaptive };

// By what flows are spread over workers.
enum class Spread { kFlow, kSymmetric, kAddresses };

struct Cores {
  unsigned management = 0;
  std::vector<unsigned> workers = {1};
  Poll poll = Poll::kBusy;
  absl::Duration max_sleep = absl::Microseconds(500);
  Spread spread = Spread::kFlow;
};

// An interface of the kernel's that has what is not for a service.
struct KernelShare {
  std::string interface;
  std::uint32_t packets_per_second = 20'000;  // from each worker
};

struct Port {
  std::string name;
  std::string device;  // PCI address or vdev string; "{queues}" not yet replaced
  std::vector<IpPrefix> addresses;
  std::uint32_t mtu = 1500;
  std::uint32_t rx_descriptors = 1024;
  std::uint32_t tx_descriptors = 1024;
  std::uint16_t vlan = 0;  // the tag of its frames; 0: none. Ports may share a device
  std::optional<KernelShare> kernel;
  std::optional<IpAddress> gateway;  // IPv4
  std::optional<IpAddress> gateway_v6;
};

// By `via`, which is a neighbour on `port`.
struct Route {
  IpPrefix prefix;
  IpAddress via;
  std::size_t port = 0;  // index into `ports`
};

// A neighbour that is not asked for its MAC.
struct StaticNeighbour {
  IpAddress address;
  MacAddress mac;
  std::size_t port = 0;  // index into `ports`
};

struct Timeouts {
  absl::Duration tcp_opening = absl::Seconds(30);
  absl::Duration tcp_established = absl::Minutes(130);
  absl::Duration tcp_closing = absl::Seconds(60);
  absl::Duration udp = absl::Minutes(3);
};

// Of a service: those that it has in place of connections.timeouts.
struct OwnTimeouts {
  std::optional<absl::Duration> tcp_opening;
  std::optional<absl::Duration> tcp_established;
  std::optional<absl::Duration> tcp_closing;
  std::optional<absl::Duration> udp;
};

struct Connections {
  std::uint64_t per_worker = 1'000'000;
  Timeouts timeouts;
};

struct Affinities {
  std::uint64_t capacity = 1'000'000;
  absl::Duration max_duration = absl::Hours(4);
  std::uint64_t clients = 262'144;     // with automatic affinity
  std::uint64_t quota_per_target = 0;  // 0: no limit of its own
};

// What the affinities of a service may be.
struct AffinityRules {
  std::uint8_t widest_ipv4_prefix = 16;
  std::uint8_t widest_ipv6_prefix = 48;
  bool extend_on_connection = false;
  std::optional<absl::Duration> max_lifetime = {};  // none: no end
  // 0: the whole family.
  [[nodiscard]] int WidestPrefix(bool is_v4) const {
    return is_v4 ? widest_ipv4_prefix : widest_ipv6_prefix;
  }
};

// Where a server listens: "host:port" or "unix:/path".
struct ListenAddress {
  std::string text;       // as configured
  std::string unix_path;  // "" for TCP
  IpAddress address;      // TCP
  std::uint16_t port = 0;
};

struct Control {
  std::vector<ListenAddress> listen;
  bool insecure = false;
};

struct Metrics {
  std::optional<ListenAddress> listen;  // TCP on IPv4; empty: no endpoint
};

// Where replies come to of what is forwarded by nat: these ports of own addresses.
struct Nat {
  PortRange ports{16384, 32767};
  std::uint64_t sessions_per_worker = 65'536;
};

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct Target {
  std::string name;
  IpAddress address;
  std::optional<MacAddress> mac;  // static; else learned
  std::size_t port = 0;           // index into `ports`: it leaves by this one
  std::optional<ForwardingMode> forwarding = std::nullopt;  // whatever its services say
  std::uint16_t gue_port = kGuePort;
  std::optional<IpAddress> gateway = {};  // by this neighbour; nothing: it is in the port's subnet

  // The neighbour that frames for it go to.
  [[nodiscard]] const IpAddress& NextHop() const { return gateway ? *gateway : address; }
};

struct ServiceTarget {
  std::size_t target = 0;  // index into `targets`
  std::uint32_t weight = 100;
  std::uint32_t rank = 1;
};

enum class NoTarget { kReject, kDrop };

enum class Echo { kAnswer, kForward };

enum class OnDrain { kHonor, kBreak, kRefuse };

enum class OnDown { kEnd, kSuspend };

enum class NoService { kReject, kDrop, kKernel };

enum class HealthCheckType { kTcp, kHttp, kGrpc };

// How a service finds out which of its targets are up.
struct HealthCheck {
  HealthCheckType type = HealthCheckType::kTcp;
  absl::Duration interval = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(1);
  std::uint32_t rise = 2;
  std::uint32_t fall = 3;
  std::uint16_t port = 0;            // at the VIP
  std::string path = "/";            // http
  std::string host = {};             // http, grpc; "": VIP and port
  std::uint32_t least_status = 200;  // http
  std::uint32_t most_status = 399;
  std::string grpc_service = {};

  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

// While a client has a connection, its other ones go to the same target.
struct AutomaticAffinity {
  absl::Duration linger = absl::ZeroDuration();
  PortSet client_ports;  // of these alone; none: of any

  friend bool operator==(const AutomaticAffinity&, const AutomaticAffinity&) = default;
};

struct Service {
  std::string name;
  Vip vip;
  Protocol protocol = Protocol::kTcp;
  PortSet ports;
  NoTarget no_target = NoTarget::kReject;
  std::vector<ServiceTarget> targets;
  ForwardingMode forwarding = ForwardingMode::kL2;
  BalancingMethod method = BalancingMethod::kMaglev;
  OnDrain on_drain = OnDrain::kHonor;
  std::optional<absl::Duration> drain_deadline = std::nullopt;  // none: no end
  OnDown on_down = OnDown::kEnd;
  std::uint32_t panic_threshold = 1;
  bool switch_back = true;
  OwnTimeouts timeouts = {};
  std::uint32_t max_half_open = 0;                   // in each worker; 0: no limit
  std::uint16_t target_port = 0;                     // nat; 0: the client's
  std::optional<HealthCheck> health = std::nullopt;  // none: all targets are taken for up
  Echo echo = Echo::kAnswer;
  std::optional<AutomaticAffinity> automatic_affinity = std::nullopt;
  AffinityRules affinity = {};
  bool takes_echo = false;  // the first one at its VIP that says forward
};

struct BalancerConfig {
  Eal eal;
  Cores cores;
  std::vector<Port> ports;
  Connections connections;
  Affinities affinities;
  Control control;
  Metrics metrics;
  std::uint64_t ring_seed = 0;
  std::vector<Target> targets;    // in the file's order
  std::vector<Service> services;  // in the file's order
  LogLevel log_level = LogLevel::kInfo;
  std::vector<Route> routes;                // without the ports' gateways
  std::vector<StaticNeighbour> neighbours;  // without the targets' own
  NoService no_service = NoService::kReject;
  std::optional<Nat> nat;  // none: no service or target is forwarded to by nat
  std::optional<std::uint32_t> kernel_routes_table;  // where routes to usable VIPs are kept
};

}  // namespace holdfast::config
