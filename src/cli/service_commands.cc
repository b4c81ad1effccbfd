#include "cli/service_commands.h"

#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/port_set.h"
#include "cli/change_command.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/member_option.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AdminService::Stub;

std::string PortsOf(const v1::Service& service) { return absl::StrJoin(service.ports(), ","); }

// The columns of the service itself.
Table::Row RowOf(const v1::Service& service) {
  return {service.name(),   service.vip(),    WordFor(service.protocol()),
          PortsOf(service), service.method(), absl::StrCat(service.affinities())};
}

void AddTargetColumns(const v1::ServiceTarget& target, Table::Row& row) {
  row.insert(row.end(), {target.name(), absl::StrCat(target.weight()), WordFor(target.state()),
                         absl::StrFormat("%.1f%%", 100 * target.ring_share()),
                         target.has_health() ? WordsFor(target.health()) : ""});
}

// A line for each target of a service; a service without one has a line, too.
std::string InTable(const v1::ListServicesResponse& response) {
  Table table({"SERVICE", "VIP", "PROTOCOL", "PORTS", "METHOD", "AFFINITIES", "TARGET", "WEIGHT",
               "STATE", "SHARE", "HEALTH"});
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

void AddName(CLI::App& command, std::function<void(const std::string&)> set) {
  AddText(command, "NAME", "", std::move(set), "name of the service").required();
}

// Told the name of each field of ServiceConfig that an option sets.
using Told = std::function<void(const char*)>;

void AddWordOption(CLI::App& command, const std::string& name,
                   const std::map<std::string, int>& words, std::function<void(int)> set,
                   const std::string& description) {
  std::vector<std::string> known;
  for (const auto& [word, value] : words) known.push_back(word);
  AddText(
      command, name, "", [words, set](const std::string& word) { set(words.at(word)); },
      description)
      .check(CLI::IsMember(known));
}

// Where a service is.
void AddPlaceOptions(CLI::App& command, v1::ServiceConfig& service, const Told& told) {
  AddText(
      command, "--vip", "IP[/LENGTH]",
      [&service, told](const std::string& vip) {
        service.set_vip(vip);
        told("vip");
      },
      "the virtual address, or a prefix of them");
  AddWordOption(
      command, "--protocol",
      {{"tcp", v1::ServiceConfig::TRANSPORT_TCP}, {"udp", v1::ServiceConfig::TRANSPORT_UDP}},
      [&service, told](int value) {
        service.set_protocol(static_cast<v1::ServiceConfig::Transport>(value));
        told("protocol");
      },
      "tcp or udp");
  command
      .add_option_function<std::vector<std::string>>(
          "--port",
          [&service, told](const std::vector<std::string>& ports) {
            service.mutable_ports()->Add(ports.begin(), ports.end());
            told("ports");
          },
          "a port, a range of ports, or all; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PORT|FIRST-LAST|all")
      ->check([](const std::string& text) {
        return PortRange::Parse(text) ? "" : "must be 1 to 65535, a range as 8000-8999, or all";
      });
}

// How its clients are balanced, and what its targets' states mean.
void AddBalancingOptions(CLI::App& command, v1::ServiceConfig& service, const Told& told) {
  AddWordOption(
      command, "--method",
      {{"maglev", v1::ServiceConfig::METHOD_MAGLEV},
       {"round_robin", v1::ServiceConfig::METHOD_ROUND_ROBIN},
       {"least_connections", v1::ServiceConfig::METHOD_LEAST_CONNECTIONS},
       {"reported_capacity", v1::ServiceConfig::METHOD_REPORTED_CAPACITY},
       {"source_hash", v1::ServiceConfig::METHOD_SOURCE_HASH},
       {"hot_standby", v1::ServiceConfig::METHOD_HOT_STANDBY}},
      [&service, told](int value) {
        service.set_method(static_cast<v1::ServiceConfig::Method>(value));
        told("method");
      },
      "how a client without affinity is placed");
  AddWordOption(
      command, "--on-drain",
      {{"honor", v1::ServiceConfig::ON_DRAIN_HONOR},
       {"break", v1::ServiceConfig::ON_DRAIN_BREAK},
       {"refuse", v1::ServiceConfig::ON_DRAIN_REFUSE}},
      [&service, told](int value) {
        service.set_on_drain(static_cast<v1::ServiceConfig::OnDrain>(value));
        told("on_drain");
      },
      "affinities of a target that drains work, end, or have their clients refused");
  AddWordOption(
      command, "--on-down",
      {{"end", v1::ServiceConfig::ON_DOWN_END}, {"suspend", v1::ServiceConfig::ON_DOWN_SUSPEND}},
      [&service, told](int value) {
        service.set_on_down(static_cast<v1::ServiceConfig::OnDown>(value));
        told("on_down");
      },
      "affinities of a target that is down end, or wait");
}

// Each of them alone turns it on, with the defaults of the others.
void AddAutomaticOptions(CLI::App& command, v1::ServiceConfig& service, const Told& told) {
  AddWordOption(
      command, "--automatic-affinity", {{"off", 0}, {"on", 1}},
      [&service, told](int value) {
        if (value != 0) service.mutable_automatic_affinity();
        told("automatic_affinity");
      },
      "while a client has a connection, its other ones go to the same target");
  AddText(
      command, "--linger", "DURATION",
      [&service, told](const std::string& duration) {
        service.mutable_automatic_affinity()->set_linger(duration);
        told("automatic_affinity");
      },
      "automatic affinity that lasts so much longer than the client's last connection");
  command
      .add_option_function<std::vector<std::string>>(
          "--client-port",
          [&service, told](const std::vector<std::string>& ports) {
            service.mutable_automatic_affinity()->mutable_client_ports()->Add(ports.begin(),
                                                                              ports.end());
            told("automatic_affinity");
          },
          "automatic affinity only of connections from these ports; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PORT|FIRST-LAST");
}

// Who serves it, and how packets get there.
void AddServingOptions(CLI::App& command, v1::ServiceConfig& service, const Told& told) {
  command
      .add_option_function<std::vector<std::string>>(
          "--target",
          [&service, told](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) *service.add_targets() = MemberFrom(text);
            told("targets");
          },
          "a target of it, and its weight; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME[=WEIGHT]");
  AddWordOption(
      command, "--forwarding",
      {{"l2", v1::FORWARDING_L2},
       {"ipip", v1::FORWARDING_IPIP},
       {"gue", v1::FORWARDING_GUE},
       {"nat", v1::FORWARDING_NAT}},
      [&service, told](int value) {
        service.set_forwarding(static_cast<v1::Forwarding>(value));
        told("forwarding");
      },
      "l2, ipip, gue or nat");
  command
      .add_option_function<std::uint32_t>(
          "--target-port",
          [&service, told](std::uint32_t port) {
            service.set_target_port(port);
            told("target_port");
          },
          "nat: the port of the target; 0: the one that the client asked for")
      ->type_name("PORT");
  AddWordOption(
      command, "--no-target",
      {{"reject", v1::ServiceConfig::NO_TARGET_REJECT},
       {"drop", v1::ServiceConfig::NO_TARGET_DROP}},
      [&service, told](int value) {
        service.set_no_target(static_cast<v1::ServiceConfig::NoTarget>(value));
        told("no_target");
      },
      "reject or drop what no target takes");
  AddWordOption(
      command, "--echo",
      {{"answer", v1::ServiceConfig::ECHO_ANSWER}, {"forward", v1::ServiceConfig::ECHO_FORWARD}},
      [&service, told](int value) {
        service.set_echo(static_cast<v1::ServiceConfig::Echo>(value));
        told("echo");
      },
      "pings of the VIP: answer them here, or forward them to a target");
}

// How much of a connection table it may have.
void AddLimitOptions(CLI::App& command, v1::ServiceConfig& service, const Told& told) {
  command
      .add_option_function<std::uint32_t>(
          "--max-half-open",
          [&service, told](std::uint32_t most) {
            service.set_max_half_open(most);
            told("max_half_open");
          },
          "half-open connections that each worker remembers of it; 0: no limit")
      ->type_name("COUNT");
}

void AddCreate(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::CreateServiceRequest>();
  CLI::App& create = *noun.add_subcommand("create", "Add a service");
  v1::ServiceConfig& service = *request->mutable_service();
  AddName(create, [&service](const std::string& name) { service.set_name(name); });
  AddPlaceOptions(create, service, [](const char*) {});
  AddServingOptions(create, service, [](const char*) {});
  AddBalancingOptions(create, service, [](const char*) {});
  AddAutomaticOptions(create, service, [](const char*) {});
  AddLimitOptions(create, service, [](const char*) {});
  for (const char* name : {"--vip", "--protocol", "--port"}) create.get_option(name)->required();
  SendOnRun(create, invocation, &Stub::CreateService, request);
}

void AddUpdate(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::UpdateServiceRequest>();
  CLI::App& update = *noun.add_subcommand(
      "update", "Change a service: a list that is given takes the place of the whole list");
  v1::ServiceConfig& service = *request->mutable_service();
  const Told told = [request](const char* field) {
    request->mutable_update_mask()->add_paths(field);
  };
  AddName(update, [&service](const std::string& name) { service.set_name(name); });
  AddPlaceOptions(update, service, told);
  AddServingOptions(update, service, told);
  AddBalancingOptions(update, service, told);
  AddAutomaticOptions(update, service, told);
  AddLimitOptions(update, service, told);
  update.require_option(2, 0);  // the name, and what changes
  SendOnRun(update, invocation, &Stub::UpdateService, request);
}

void AddDelete(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::DeleteServiceRequest>();
  CLI::App& command = *noun.add_subcommand("delete", "Remove a service; its affinities end");
  AddName(command, [request](const std::string& name) { request->set_service(name); });
  SendOnRun(command, invocation, &Stub::DeleteService, request);
}

void AddWeight(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::SetServiceTargetRequest>();
  CLI::App& weight = *noun.add_subcommand(
      "weight", "Set a target's weight in a service; one that is not in its set joins it");
  v1::ServiceTargetConfig& target = *request->mutable_target();
  AddName(weight, [request](const std::string& name) { request->set_service(name); });
  AddText(
      weight, "TARGET", "", [&target](const std::string& name) { target.set_target(name); },
      "name of the target")
      .required();
  AddText(
      weight, "WEIGHT", "",
      [&target](const std::string& text) { target.set_weight(WeightFrom(text)); },
      "0 to 10000; 0: no new balanced clients")
      .required();
  SendOnRun(weight, invocation, &Stub::SetServiceTarget, request);
}

}  // namespace

void AddServiceCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& service = *app.add_subcommand("service", "What the balancer serves");
  service.require_subcommand(1);
  service.add_subcommand("list", "Show the services and their targets")->callback([&invocation] {
    invocation.command = [&invocation](const Connection& balancer) {
      return Show(balancer.Call(&Stub::ListServices, v1::ListServicesRequest()), invocation, ToJson,
                  InTable);
    };
  });
  AddCreate(service, invocation);
  AddUpdate(service, invocation);
  AddDelete(service, invocation);
  AddWeight(service, invocation);
}

}  // namespace holdfast::cli
