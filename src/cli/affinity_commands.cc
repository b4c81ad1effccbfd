#include "cli/affinity_commands.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "base/ip_address.h"
#include "cli/connection.h"
#include "cli/duration_option.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/selector_options.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/affinity.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AffinityService::Stub;

ExitCode ExitCodeOf(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_STARTED:
    case v1::OUTCOME_RENEWED:
    case v1::OUTCOME_COVERED:
    case v1::OUTCOME_ENDED:
      return ExitCode::kDone;
    default:
      return ExitCode::kRefused;
  }
}

// What was done goes to stdout; a refusal, and the warning of A4, to stderr.
template <typename Answer>
ExitCode ShowOutcome(const absl::StatusOr<Answer>& answer, const Invocation& invocation) {
  if (!answer.ok()) return Complain(answer.status());
  const std::string words = absl::StrCat(WordFor(answer->outcome()), ": ", answer->explanation());
  const ExitCode exit_code = ExitCodeOf(answer->outcome());
  const bool done = exit_code == ExitCode::kDone && answer->outcome() != v1::OUTCOME_COVERED;
  if (invocation.json) std::cout << ToJson(*answer) << "\n";
  if (!done)
    Say(words);
  else if (!invocation.json)
    std::cout << words << "\n";
  return exit_code;
}

// The options that start and end share.
template <typename Request>
void AddRequestOptions(CLI::App& command, const std::shared_ptr<Request>& request) {
  AddSelectorOptions(command, *request->mutable_selector());
  command
      .add_option_function<std::string>(
          "--target", [request](const std::string& name) { request->set_target(name); },
          "name of the target that the client is to reach")
      ->type_name("NAME")
      ->required();
}

void AddStart(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::StartAffinityRequest>();
  CLI::App& start = *noun.add_subcommand(
      "start", "From now on, new connections of a client go to a target; again: renew it");
  AddRequestOptions(start, request);
  AddDurationOption(
      start, "--duration",
      [request](absl::Duration d) { *request->mutable_duration() = ToWire(d); },
      "how long it lasts; without it, the balancer's max_duration");
  start.add_flag_function(
      "--extend-on-connection",
      [request](std::int64_t) { request->set_extend_on_connection(true); },
      "each new connection that it brings to the target restarts its clock");
  start.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return ShowOutcome(balancer.Call(&Stub::StartAffinity, *request), invocation);
    };
  });
}

void AddEnd(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::EndAffinityRequest>();
  CLI::App& end = *noun.add_subcommand(
      "end", "Balance new connections of a client again; open ones stay where they are");
  AddRequestOptions(end, request);
  end.add_flag_function(
      "--allow-partial", [request](std::int64_t) { request->set_allow_partial(true); },
      "a part of a wider affinity of the target is cut out of it");
  end.add_flag_function(
      "--include-narrower", [request](std::int64_t) { request->set_include_narrower(true); },
      "and every affinity of the target inside the selector");
  end.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return ShowOutcome(balancer.Call(&Stub::EndAffinity, *request), invocation);
    };
  });
}

std::string PortOr(const std::string& when_zero, std::uint32_t port) {
  return port == 0 ? when_zero : absl::StrCat(port);
}

// The length only where it says something: "198.51.100.0/24", "198.51.100.7".
std::string ClientOf(const v1::Affinity& affinity) {
  const auto address = IpAddress::Parse(affinity.client());
  const auto length = static_cast<int>(affinity.client_prefix_length());
  if (address.ok() && address->HostPrefixLength() == length) return affinity.client();
  return absl::StrCat(affinity.client(), "/", length);
}

IpAddress AddressOf(const v1::Affinity& affinity) {
  return IpAddress::Parse(affinity.client()).value_or(IpAddress());
}

using Affinities = std::vector<v1::Affinity>;

std::string InTable(const Affinities& affinities) {
  Table table({"SERVICE", "VIP", "PROTOCOL", "PORT", "CLIENT", "CLIENT PORT", "TARGET", "AGE",
               "TIME LEFT"});
  for (const v1::Affinity& affinity : affinities)
    table.Add({affinity.service(), affinity.vip(), WordFor(affinity.protocol()),
               PortOr("every", affinity.service_port()), ClientOf(affinity),
               PortOr("any", affinity.client_port()),
               absl::StrCat(affinity.hole() ? "not " : "", affinity.target()),
               InWords(affinity.age()), InWords(affinity.time_left())});
  return table.ToString();
}

absl::StatusOr<Affinities> AffinitiesFrom(const Connection& balancer,
                                          const v1::ListAffinitiesRequest& request) {
  const auto responses = balancer.Collect(&Stub::ListAffinities, request);
  if (!responses.ok()) return responses.status();
  Affinities affinities;
  for (const auto& response : *responses) affinities.push_back(response.affinity());
  std::ranges::sort(affinities, {}, [](const v1::Affinity& one) {
    return std::tuple(one.service(), AddressOf(one), one.client_prefix_length(), one.client_port(),
                      one.service_port(), one.hole());
  });
  return affinities;
}

void AddListOptions(CLI::App& list, const std::shared_ptr<v1::ListAffinitiesRequest>& request) {
  using Text = const std::string&;
  list.add_option_function<std::string>(
          "--service", [request](Text name) { request->set_service(name); }, "only of this service")
      ->type_name("NAME");
  list.add_option_function<std::string>(
          "--target", [request](Text name) { request->set_target(name); }, "only of this target")
      ->type_name("NAME");
  list.add_option_function<std::string>(
          "--client", [request](Text client) { request->set_client(client); },
          "only what lies in this client or prefix of clients, and what it lies in")
      ->type_name("IP[/LENGTH]");
}

void AddList(CLI::App& noun, Invocation& invocation) {
  const auto request = std::make_shared<v1::ListAffinitiesRequest>();
  CLI::App& list = *noun.add_subcommand("list", "Show the affinities that stand");
  AddListOptions(list, request);
  list.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      const auto to_json = [](const Affinities& all) { return ToJsonList("affinities", all); };
      return Show(AffinitiesFrom(balancer, *request), invocation, to_json, InTable);
    };
  });
}

}  // namespace

void AddAffinityCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& affinity = *app.add_subcommand("affinity", "Which client goes to which target");
  affinity.require_subcommand(1);
  AddStart(affinity, invocation);
  AddEnd(affinity, invocation);
  AddList(affinity, invocation);
}

}  // namespace holdfast::cli
