#include "cli/target_commands.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/change_command.h"
#include "cli/connection.h"
#include "cli/drain_progress.h"
#include "cli/duration_option.h"
#include "cli/json.h"
#include "cli/member_option.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AdminService::Stub;

// "web up; dns down: connection refused".
std::string HealthInWords(const v1::Target& target) {
  return absl::StrJoin(target.health(), "; ", [](std::string* out, const v1::HealthStatus& one) {
    absl::StrAppend(out, one.service(), " ", WordsFor(one));
  });
}

std::string InTable(const v1::ListTargetsResponse& response) {
  Table table({"TARGET", "ADDRESS", "STATE", "MAC", "AFFINITIES", "SERVICES", "HEALTH"});
  for (const v1::Target& target : response.targets())
    table.Add({target.name(), target.address(), WordFor(target.state()),
               target.mac().empty() ? "unresolved" : target.mac(),
               absl::StrCat(target.affinities()), absl::StrJoin(target.services(), ","),
               HealthInWords(target)});
  return table.ToString();
}

std::string ChangeInWords(const v1::SetTargetStateResponse& response) {
  return absl::StrCat("target '", response.target().name(), "' is ",
                      WordFor(response.target().state()), "; it was ",
                      WordFor(response.previous_state()), "\n");
}

void AddList(CLI::App& noun, Invocation& invocation) {
  noun.add_subcommand("list", "Show the targets")->callback([&invocation] {
    invocation.command = [&invocation](const Connection& balancer) {
      return Show(balancer.Call(&Stub::ListTargets, v1::ListTargetsRequest()), invocation, ToJson,
                  InTable);
    };
  });
}

void AddName(CLI::App& command, std::function<void(const std::string&)> set) {
  AddText(command, "NAME", "", std::move(set), "name of the target").required();
}

ExitCode SetState(const Connection& balancer, const v1::SetTargetStateRequest& request,
                  const Invocation& invocation) {
  return Show(balancer.Call(&Stub::SetTargetState, request), invocation, ToJson, ChangeInWords);
}

struct Drain {
  v1::SetTargetStateRequest request;
  bool wait = false;
  absl::Duration at_most = absl::InfiniteDuration();
};

ExitCode DrainAndWait(const Connection& balancer, const Drain& drain,
                      const Invocation& invocation) {
  if (!drain.wait) return SetState(balancer, drain.request, invocation);
  const auto drained = balancer.Call(&Stub::SetTargetState, drain.request);
  if (!drained.ok()) return Complain(drained.status());
  if (!invocation.json) std::cout << ChangeInWords(*drained) << std::flush;
  return WaitUntilDrained(balancer, drain.request.target(), drain.at_most, invocation);
}

void AddDrain(CLI::App& noun, Invocation& invocation) {
  const auto drain = std::make_shared<Drain>();
  drain->request.set_state(v1::TARGET_STATE_DRAINING);
  CLI::App& command = *noun.add_subcommand(
      "drain", "Balance nothing new to a target; its connections and affinities stay");
  AddName(command, [drain](const std::string& name) { drain->request.set_target(name); });
  CLI::Option& wait = *command.add_flag("--wait", drain->wait,
                                        "until it has no connection and no affinity any more; "
                                        "tells how many are left");
  AddDurationOption(
      command, "--at-most", [drain](absl::Duration at_most) { drain->at_most = at_most; },
      "wait no longer; then the exit status is 1")
      ->needs(&wait);
  command.callback([&invocation, drain] {
    invocation.command = [&invocation, drain](const Connection& balancer) {
      return DrainAndWait(balancer, *drain, invocation);
    };
  });
}

void AddUndrain(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::SetTargetStateRequest>();
  request->set_state(v1::TARGET_STATE_UP);
  CLI::App& command = *noun.add_subcommand("undrain", "Let a target take everything again");
  AddName(command, [request](const std::string& name) { request->set_target(name); });
  command.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return SetState(balancer, *request, invocation);
    };
  });
}

std::string HealthInWords(const v1::SetTargetHealthRequest& request,
                          const v1::SetTargetHealthResponse& response) {
  const bool is_down = response.target().state() == v1::TARGET_STATE_DOWN;
  std::string words =
      absl::StrCat("target '", request.target(), "' is ", is_down ? "down" : "not down",
                   " for service '", request.service(), "'");
  if (!is_down && response.target().found_down())
    absl::StrAppend(&words, request.down() ? ", since too few would be left (panic_threshold)"
                                           : ", though its health checks fail");
  if (is_down && !request.down()) absl::StrAppend(&words, ": its health checks fail");
  return absl::StrCat(words, "; ", response.affinities_ended(), " affinities have ended\n");
}

void AddHealth(CLI::App& noun, Invocation& invocation, bool down) {
  const auto request = std::make_shared<v1::SetTargetHealthRequest>();
  request->set_down(down);
  CLI::App& command =
      *noun.add_subcommand(down ? "down" : "up",
                           down ? "Take a target for down in a service, whatever its health checks "
                                  "say; its TCP connections stay"
                                : "Leave it to its health checks again");
  AddName(command, [request](const std::string& name) { request->set_target(name); });
  AddText(
      command, "--service", "NAME",
      [request](const std::string& name) { request->set_service(name); }, "the service")
      .required();
  command.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      const auto in_words = [&](const v1::SetTargetHealthResponse& response) {
        return HealthInWords(*request, response);
      };
      return Show(balancer.Call(&Stub::SetTargetHealth, *request), invocation, ToJson, in_words);
    };
  });
}

void AddCreate(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::CreateTargetRequest>();
  CLI::App& create = *noun.add_subcommand("create", "Add a target");
  v1::TargetConfig& target = *request->mutable_target();
  AddName(create, [&target](const std::string& name) { target.set_name(name); });
  AddText(
      create, "--address", "IP", [&target](const std::string& ip) { target.set_address(ip); },
      "in the subnet of a port, or behind a router that the balancer knows")
      .required();
  AddText(
      create, "--mac", "MAC", [&target](const std::string& mac) { target.set_mac(mac); },
      "without it, learned");
  create
      .add_option_function<std::vector<std::string>>(
          "--service",
          [request](const std::vector<std::string>& names) {
            request->mutable_services()->Add(names.begin(), names.end());
          },
          "a service that it joins; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME");
  AddText(
      create, "--weight", "NUMBER",
      [request](const std::string& text) { request->set_weight(WeightFrom(text)); },
      "in each of them; without it, 100");
  SendOnRun(create, invocation, &Stub::CreateTarget, request);
}

void AddUpdate(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::UpdateTargetRequest>();
  CLI::App& update = *noun.add_subcommand("update", "Change a target; it keeps its connections");
  v1::TargetConfig& target = *request->mutable_target();
  AddName(update, [&target](const std::string& name) { target.set_name(name); });
  AddText(
      update, "--address", "IP",
      [request, &target](const std::string& ip) {
        target.set_address(ip);
        request->mutable_update_mask()->add_paths("address");
      },
      "in the subnet of a port, or behind a router that the balancer knows");
  AddText(
      update, "--mac", "MAC",
      [request, &target](const std::string& mac) {
        target.set_mac(mac);
        request->mutable_update_mask()->add_paths("mac");
      },
      "'' for one that is learned");
  update.require_option(2, 0);  // the name, and what changes
  SendOnRun(update, invocation, &Stub::UpdateTarget, request);
}

void AddDelete(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::DeleteTargetRequest>();
  CLI::App& command = *noun.add_subcommand(
      "delete", "Remove a target; its connections are reset (drain it first), its affinities end");
  AddName(command, [request](const std::string& name) { request->set_target(name); });
  SendOnRun(command, invocation, &Stub::DeleteTarget, request);
}

}  // namespace

void AddTargetCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& target = *app.add_subcommand("target", "The hosts behind the balancer");
  target.require_subcommand(1);
  AddList(target, invocation);
  AddDrain(target, invocation);
  AddUndrain(target, invocation);
  AddHealth(target, invocation, true);
  AddHealth(target, invocation, false);
  AddCreate(target, invocation);
  AddUpdate(target, invocation);
  AddDelete(target, invocation);
}

}  // namespace holdfast::cli
