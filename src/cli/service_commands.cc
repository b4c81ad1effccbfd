#include "cli/service_commands.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

std::string PortsOf(const v1::Service& service) {
  return service.ports().empty() ? "every" : absl::StrJoin(service.ports(), ",");
}

// The columns of the service itself.
Table::Row RowOf(const v1::Service& service) {
  return {service.name(),   service.vip(),    WordFor(service.protocol()),
          PortsOf(service), service.method(), absl::StrCat(service.affinities())};
}

void AddTargetColumns(const v1::ServiceTarget& target, Table::Row& row) {
  row.insert(row.end(), {target.name(), absl::StrCat(target.weight()), WordFor(target.state()),
                         absl::StrFormat("%.1f%%", 100 * target.ring_share())});
}

// A line for each target of a service; a service without one has a line, too.
std::string InTable(const v1::ListServicesResponse& response) {
  Table table({"SERVICE", "VIP", "PROTOCOL", "PORTS", "METHOD", "AFFINITIES", "TARGET", "WEIGHT",
               "STATE", "SHARE"});
  for (const v1::Service& service : response.services()) {
    for (const v1::ServiceTarget& target : service.targets()) {
      Table::Row row = RowOf(service);
      AddTargetColumns(target, row);
      table.Add(row);
    }
    if (service.targets().empty()) table.Add(RowOf(service));
  }
  return table.ToString();
}

}  // namespace

void AddServiceCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& service = *app.add_subcommand("service", "What the balancer serves");
  service.require_subcommand(1);
  service.add_subcommand("list", "Show the services and their targets")->callback([&invocation] {
    invocation.command = [&invocation](const Connection& balancer) {
      return Show(balancer.Call(&v1::AdminService::Stub::ListServices, v1::ListServicesRequest()),
                  invocation, ToJson, InTable);
    };
  });
}

}  // namespace holdfast::cli
