#include "cli/target_commands.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AdminService::Stub;

std::string InTable(const v1::ListTargetsResponse& response) {
  Table table({"TARGET", "ADDRESS", "STATE", "MAC", "AFFINITIES", "SERVICES"});
  for (const v1::Target& target : response.targets())
    table.Add({target.name(), target.address(), WordFor(target.state()),
               target.mac().empty() ? "unresolved" : target.mac(),
               absl::StrCat(target.affinities()), absl::StrJoin(target.services(), ",")});
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

// A verb that puts a target in a state.
void AddStateChange(CLI::App& noun, Invocation& invocation, const std::string& verb,
                    v1::TargetState state, const std::string& description) {
  const auto request = std::make_shared<v1::SetTargetStateRequest>();
  request->set_state(state);
  CLI::App& command = *noun.add_subcommand(verb, description);
  const auto set_name = [request](const std::string& name) { request->set_target(name); };
  command.add_option_function<std::string>("NAME", set_name, "name of the target")
      ->type_name("")
      ->required();
  command.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return Show(balancer.Call(&Stub::SetTargetState, *request), invocation, ToJson,
                  ChangeInWords);
    };
  });
}

}  // namespace

void AddTargetCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& target = *app.add_subcommand("target", "The hosts behind the balancer");
  target.require_subcommand(1);
  AddList(target, invocation);
  AddStateChange(target, invocation, "drain", v1::TARGET_STATE_DRAINING,
                 "Balance nothing new to a target; its connections and affinities stay");
  AddStateChange(target, invocation, "undrain", v1::TARGET_STATE_UP,
                 "Let a target take everything again");
}

}  // namespace holdfast::cli
