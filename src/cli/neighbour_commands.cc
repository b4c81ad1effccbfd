#include "cli/neighbour_commands.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/change_command.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AdminService::Stub;

std::string InTable(const v1::ListNeighboursResponse& response) {
  Table table({"ADDRESS", "PORT", "STATE", "MAC", "AGE", "TARGETS"});
  for (const v1::Neighbour& neighbour : response.neighbours())
    table.Add({neighbour.address(), neighbour.port(), WordFor(neighbour.state()),
               neighbour.mac().empty() ? "unresolved" : neighbour.mac(), InWords(neighbour.age()),
               absl::StrJoin(neighbour.targets(), ",")});
  return table.ToString();
}

void AddList(CLI::App& noun, Invocation& invocation) {
  noun.add_subcommand("list", "Show the next hops: targets, and the routers before others")
      ->callback([&invocation] {
        invocation.command = [&invocation](const Connection& balancer) {
          return Show(balancer.Call(&Stub::ListNeighbours, v1::ListNeighboursRequest()), invocation,
                      ToJson, InTable);
        };
      });
}

void AddFlush(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::FlushNeighbourRequest>();
  CLI::App& flush = *noun.add_subcommand(
      "flush",
      "Forget a neighbour's MAC and ask for it at once; until it answers, what goes to it "
      "is dropped");
  AddText(
      flush, "ADDRESS", "", [request](const std::string& text) { request->set_address(text); },
      "of the neighbour")
      .required();
  flush.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return Show(balancer.Call(&Stub::FlushNeighbour, *request), invocation, ToJson,
                  [&](const auto& /*answer*/) {
                    return absl::StrCat("neighbour ", request->address(), " is asked for anew\n");
                  });
    };
  });
}

std::string InWords(const v1::AnnounceVipsResponse& response, const std::string& vip) {
  if (response.announced().empty())
    return absl::StrCat(vip.empty() ? "nothing" : vip,
                        " is in no port's subnet: its routers send it by an own address\n");
  Table table({"ANNOUNCED", "PORT"});
  for (const v1::AnnouncedAddress& each : response.announced())
    table.Add({each.address(), each.port()});
  return table.ToString();
}

}  // namespace

void AddNeighbourCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& neighbour = *app.add_subcommand("neighbour", "The next hops of packets to targets");
  neighbour.require_subcommand(1);
  AddList(neighbour, invocation);
  AddFlush(neighbour, invocation);
}

void AddVipCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& vip = *app.add_subcommand("vip", "The virtual addresses");
  vip.require_subcommand(1);
  const auto request = std::make_shared<v1::AnnounceVipsRequest>();
  CLI::App& announce = *vip.add_subcommand(
      "announce",
      "Tell hosts and switches again that they are here, as after a switch was replaced");
  AddText(
      announce, "VIP", "", [request](const std::string& text) { request->set_vip(text); },
      "without it, all of them and the ports' own addresses");
  announce.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return Show(balancer.Call(&Stub::AnnounceVips, *request), invocation, ToJson,
                  [&](const auto& answer) { return InWords(answer, request->vip()); });
    };
  });
}

}  // namespace holdfast::cli
