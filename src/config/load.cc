#include "config/load.h"

#include <utility>

#include "config/rules.h"
#include "config/yaml_reader.h"

namespace holdfast::config {
namespace {

// Judges everything even after mistakes, so that all of them are found.
BalancerConfig Checked(const v1::BalancerConfig& message, MistakeLog& log) {
  BalancerConfig config;
  config.eal = CheckedEal(message.eal(), log);
  config.cores = CheckedCores(message.cores(), log);
  config.ports = CheckedPorts(message.ports(), log);
  config.connections = CheckedConnections(message.connections(), log);
  config.affinities = CheckedAffinities(message.affinities(), log);
  config.control = CheckedControl(message.control(), log);
  config.metrics = CheckedMetrics(message.metrics(), config.control, log);
  config.ring_seed = message.ring_seed();
  config.routes = CheckedRoutes(message.routes(), message.ports(), config.ports, log);
  config.targets = CheckedTargets(message.targets(), config.ports, config.routes, log);
  config.neighbours = CheckedNeighbours(message.neighbours(), config.ports, config.targets, log);
  if (message.has_nat()) config.nat = CheckedNat(message.nat(), config.cores.workers.size(), log);
  config.services =
      CheckedServices(message.services(), config.ports, config.targets, message.has_nat(), log);
  config.log_level = CheckedLogLevel(message.logging());
  config.no_service = CheckedNoService(message, config.ports, log);
  if (message.has_kernel_routes())
    config.kernel_routes_table = CheckedKernelRoutesTable(message.kernel_routes(), log);
  return config;
}

LoadResult Parse(const std::string& text, MistakeLog& log) {
  v1::BalancerConfig message;
  if (!ReadYaml(text, message, log)) return log.InLineOrder();
  BalancerConfig config = Checked(message, log);
  if (!log.empty()) return log.InLineOrder();
  return config;
}

}  // namespace

LoadResult LoadBalancerConfig(const std::string& path) {
  MistakeLog log(path);
  const auto text = ReadFile(path, log);
  if (!text) return log.InLineOrder();
  return Parse(*text, log);
}

LoadResult ParseBalancerConfig(const std::string& text, const std::string& file) {
  MistakeLog log(file);
  return Parse(text, log);
}

}  // namespace holdfast::config
