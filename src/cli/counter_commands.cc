#include "cli/counter_commands.h"

#include <cmath>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/table.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

std::string LabelsOf(const v1::CounterSample& sample) {
  const std::map<std::string, std::string> ordered(sample.labels().begin(), sample.labels().end());
  return absl::StrJoin(ordered, ",", absl::PairFormatter("="));
}

// A count to its last digit, a ratio without the noise of binary fractions.
std::string NumberIn(double value) {
  return value == std::trunc(value) ? absl::StrFormat("%.0f", value)
                                    : absl::StrFormat("%.15g", value);
}

std::string InTable(const v1::GetCountersResponse& response) {
  Table table({"COUNTER", "VALUE", "LABELS"});
  for (const v1::CounterSample& sample : response.samples())
    table.Add({sample.name(), NumberIn(sample.value()), LabelsOf(sample)});
  return table.ToString();
}

std::string InJson(const v1::GetCountersResponse& response) {
  return ToJsonList("counters", response.samples());
}

}  // namespace

void AddCounterCommands(CLI::App& app, Invocation& invocation) {
  const auto request = std::make_shared<v1::GetCountersRequest>();
  CLI::App& counters = *app.add_subcommand("counters", "What the balancer counts, read now");
  const auto set_prefix = [request](const std::string& text) { request->set_name_prefix(text); };
  counters
      .add_option_function<std::string>("PREFIX", set_prefix,
                                        "only counters whose names begin with it")
      ->type_name("");
  counters.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return Show(balancer.Call(&v1::AdminService::Stub::GetCounters, *request), invocation, InJson,
                  InTable);
    };
  });
}

}  // namespace holdfast::cli
