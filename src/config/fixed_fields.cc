#include "config/fixed_fields.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/mistake_log.h"

namespace holdfast::config {
namespace {

std::string TextOf(bool value) { return value ? "true" : "false"; }
std::string TextOf(absl::Duration value) { return absl::FormatDuration(value); }

std::string TextOf(Spread spread) {
  if (spread == Spread::kSymmetric) return "symmetric";
  return spread == Spread::kAddresses ? "addresses" : "flow";
}

template <typename List>
std::string Joined(const List& list) {
  return absl::StrJoin(list, ", ");
}

// The same of what is no text; `text_of` makes one of an element.
template <typename List, typename TextOfElement>
std::string Joined(const List& list, TextOfElement text_of) {
  return absl::StrJoin(list, ", ", [&](std::string* out, const auto& element) {
    absl::StrAppend(out, text_of(element));
  });
}

void AddMachine(const BalancerConfig& config, FieldTexts& fields) {
  fields["eal.huge_pages"] = TextOf(config.eal.huge_pages);
  fields["eal.memory_mb"] = absl::StrCat(config.eal.memory_mb);
  fields["eal.in_memory"] = TextOf(config.eal.in_memory);
  fields["eal.extra_args"] = Joined(config.eal.extra_args);
  fields["cores.management"] = absl::StrCat(config.cores.management);
  fields["cores.workers"] = Joined(config.cores.workers);
  fields["cores.poll"] = config.cores.poll == Poll::kBusy ? "busy" : "adaptive";
  fields["cores.max_sleep"] = TextOf(config.cores.max_sleep);
  fields["cores.spread"] = TextOf(config.cores.spread);
}

void AddPort(const std::string& path, const Port& port, FieldTexts& fields) {
  fields[path + ".device"] = port.device;
  fields[path + ".addresses"] =
      Joined(port.addresses, [](const IpPrefix& address) { return address.ToString(); });
  fields[path + ".mtu"] = absl::StrCat(port.mtu);
  fields[path + ".rx_descriptors"] = absl::StrCat(port.rx_descriptors);
  fields[path + ".tx_descriptors"] = absl::StrCat(port.tx_descriptors);
  fields[path + ".vlan"] = absl::StrCat(port.vlan);
  fields[path + ".kernel.interface"] = port.kernel ? port.kernel->interface : "";
  fields[path + ".kernel.packets_per_second"] =
      port.kernel ? absl::StrCat(port.kernel->packets_per_second) : "";
}

void AddPorts(const std::vector<Port>& ports, FieldTexts& fields) {
  fields["ports"] = Joined(ports, [](const Port& port) { return port.name; });
  for (std::size_t i = 0; i < ports.size(); ++i) AddPort(ElementPath("ports", i), ports[i], fields);
}

void AddTables(const BalancerConfig& config, FieldTexts& fields) {
  const Connections& connections = config.connections;
  fields["connections.per_worker"] = absl::StrCat(connections.per_worker);
  fields["connections.timeouts.tcp_opening"] = TextOf(connections.timeouts.tcp_opening);
  fields["connections.timeouts.tcp_established"] = TextOf(connections.timeouts.tcp_established);
  fields["connections.timeouts.tcp_closing"] = TextOf(connections.timeouts.tcp_closing);
  fields["connections.timeouts.udp"] = TextOf(connections.timeouts.udp);
  fields["nat.ports"] = config.nat ? config.nat->ports.ToString() : "";
  fields["nat.sessions_per_worker"] =
      config.nat ? absl::StrCat(config.nat->sessions_per_worker) : "";
  fields["affinities.capacity"] = absl::StrCat(config.affinities.capacity);
  fields["affinities.clients"] = absl::StrCat(config.affinities.clients);
  fields["ring_seed"] = absl::StrCat(config.ring_seed);
}

void AddServers(const BalancerConfig& config, FieldTexts& fields) {
  fields["control.listen"] =
      Joined(config.control.listen, [](const ListenAddress& listen) { return listen.text; });
  fields["control.insecure"] = TextOf(config.control.insecure);
  fields["kernel_routes.table"] =
      config.kernel_routes_table ? absl::StrCat(*config.kernel_routes_table) : "";
  fields["metrics.listen"] = config.metrics.listen ? config.metrics.listen->text : "";
}

std::string TextOf(const std::optional<IpAddress>& address) {
  return address ? address->ToString() : "";
}

void AddNextHops(const BalancerConfig& config, FieldTexts& fields) {
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const std::string path = ElementPath("ports", i);
    fields[path + ".gateway"] = TextOf(config.ports[i].gateway);
    fields[path + ".gateway_v6"] = TextOf(config.ports[i].gateway_v6);
  }
  fields["routes"] = Joined(config.routes, [](const Route& route) {
    return absl::StrCat(route.prefix.ToString(), " via ", route.via.ToString());
  });
  fields["neighbours"] = Joined(config.neighbours, [](const StaticNeighbour& neighbour) {
    return absl::StrCat(neighbour.address.ToString(), " at ", neighbour.mac.ToString());
  });
}

std::string TextOf(NoService no_service) {
  if (no_service == NoService::kKernel) return "kernel";
  return no_service == NoService::kDrop ? "drop" : "reject";
}

std::string TextOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

}  // namespace

FieldTexts FixedFields(const BalancerConfig& config) {
  FieldTexts fields;
  AddMachine(config, fields);
  AddPorts(config.ports, fields);
  AddTables(config, fields);
  AddServers(config, fields);
  return fields;
}

FieldTexts LiveFields(const BalancerConfig& config) {
  FieldTexts fields{
      {"affinities.max_duration", TextOf(config.affinities.max_duration)},
      {"affinities.quota_per_target", absl::StrCat(config.affinities.quota_per_target)},
      {"logging.level", TextOf(config.log_level)},
      {"no_service", TextOf(config.no_service)}};
  AddNextHops(config, fields);
  return fields;
}

}  // namespace holdfast::config
