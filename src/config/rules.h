// The rules of proto/holdfast/v1/config.proto, section by section.
//
// Each function takes a section as it was read, adds every broken rule to `log`
// and returns the typed section. What is returned is only of use when the log is
// empty in the end; until then it serves to check sections against each other.
#pragma once

#include <string>
#include <vector>

#include "config/balancer_config.h"
#include "config/mistake_log.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {

Eal CheckedEal(const v1::Eal& eal, MistakeLog& log);
Cores CheckedCores(const v1::Cores& cores, MistakeLog& log);
Connections CheckedConnections(const v1::Connections& connections, MistakeLog& log);
// Those that are given, at `path`.
OwnTimeouts CheckedTimeouts(const std::string& path, const v1::Connections::Timeouts& timeouts,
                            MistakeLog& log);
// `workers`: how many share the ports.
Nat CheckedNat(const v1::Nat& nat, std::size_t workers, MistakeLog& log);
Affinities CheckedAffinities(const v1::Affinities& affinities, MistakeLog& log);
Control CheckedControl(const v1::Control& control, MistakeLog& log);
// A metrics address that the control plane listens on already is a mistake.
Metrics CheckedMetrics(const v1::Metrics& metrics, const Control& control, MistakeLog& log);
// The kernel can only be given what a port has a kernel interface for.
NoService CheckedNoService(const v1::BalancerConfig& config, const std::vector<Port>& ports,
                           MistakeLog& log);
LogLevel CheckedLogLevel(const v1::Logging& logging);
// The interface of port `path`, whatever other interfaces there are.
KernelShare CheckedKernelShare(const std::string& path, const v1::Port::KernelShare& share,
                               MistakeLog& log);
std::uint32_t CheckedKernelRoutesTable(const v1::KernelRoutes& routes, MistakeLog& log);

using PortMessages = google::protobuf::RepeatedPtrField<v1::Port>;
using RouteMessages = google::protobuf::RepeatedPtrField<v1::Route>;
using NeighbourMessages = google::protobuf::RepeatedPtrField<v1::StaticNeighbour>;
using TargetMessages = google::protobuf::RepeatedPtrField<v1::TargetConfig>;
using ServiceMessages = google::protobuf::RepeatedPtrField<v1::ServiceConfig>;

std::vector<Port> CheckedPorts(const PortMessages& ports, MistakeLog& log);
// Sets the gateways of `ports`, too, which are those of `messages`.
std::vector<Route> CheckedRoutes(const RouteMessages& routes, const PortMessages& messages,
                                 std::vector<Port>& ports, MistakeLog& log);
std::vector<Target> CheckedTargets(const TargetMessages& targets, const std::vector<Port>& ports,
                                   const std::vector<Route>& routes, MistakeLog& log);
std::vector<StaticNeighbour> CheckedNeighbours(const NeighbourMessages& neighbours,
                                               const std::vector<Port>& ports,
                                               const std::vector<Target>& targets, MistakeLog& log);
// `field` names a target of a service that forwards by l2: it must be a neighbour.
void CheckOnLink(const std::string& field, const Target& target, MistakeLog& log);
// `has_nat`: something may be forwarded by nat.
std::vector<Service> CheckedServices(const ServiceMessages& services,
                                     const std::vector<Port>& ports,
                                     const std::vector<Target>& targets, bool has_nat,
                                     MistakeLog& log);
// `field` names a target of a service at `vip` that is reached by nat.
void CheckNatTarget(const std::string& field, const Vip& vip, const Target& target,
                    const std::vector<Port>& ports, bool has_nat, MistakeLog& log);

}  // namespace holdfast::config
