// holdfastctl: asks a running balancer, and tells it, over gRPC.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/affinity_commands.h"
#include "cli/capture_command.h"
#include "cli/config_commands.h"
#include "cli/connection.h"
#include "cli/counter_commands.h"
#include "cli/duration_option.h"
#include "cli/explain_command.h"
#include "cli/invocation.h"
#include "cli/neighbour_commands.h"
#include "cli/service_commands.h"
#include "cli/target_commands.h"

namespace holdfast::cli {
namespace {

constexpr char kFooter[] = R"(
Exit status
  0  done, or there was nothing to do (COVERED, with a warning; UNCHANGED)
  1  refused: OWNED_BY_OTHER, NOT_A_TARGET, TABLE_FULL, QUOTA_EXCEEDED, PREFIX_TOO_WIDE,
     NOT_FOUND, NOT_ENDED_COVERED, NEEDS_RESTART, NO_ROOM; a drain was not over in time (--at-most); or somebody
     else captures
  2  the command line, or a name or value in it, or a configuration is wrong
  3  the balancer was not reached, or failed

Examples
  holdfastctl affinity start --vip 192.0.2.1 --port 80 --client 198.51.100.7 --target web-1
  holdfastctl affinity end --vip 192.0.2.1 --port 80 --client 198.51.100.7 --target web-1
  holdfastctl affinity list --service web
  holdfastctl explain --client 198.51.100.7:40000 --vip 192.0.2.1:80
  holdfastctl capture --client 198.51.100.7 --for 10s --write why.pcapng
  holdfastctl target drain web-2 --wait
  holdfastctl service weight web web-2 50
  holdfastctl neighbour list
  holdfastctl vip announce 192.0.2.1
  holdfastctl config apply balancer.yaml --dry-run
  holdfastctl --server 10.0.0.10:7400 counters holdfast_worker --json
)";

void AddGlobalOptions(CLI::App& app, Invocation& invocation) {
  app.add_option("--server", invocation.server, "the balancer: host:port or unix:/path")
      ->envname("HOLDFAST_SERVER")
      ->type_name("ADDRESS")
      ->capture_default_str();
  AddDurationOption(
      app, "--timeout", [&invocation](absl::Duration timeout) { invocation.timeout = timeout; },
      "how long to wait for the balancer")
      ->default_str(absl::FormatDuration(invocation.timeout));
  app.add_flag("--json", invocation.json, "print one JSON document instead of words");
  app.set_version_flag("--version", "holdfastctl " HOLDFAST_VERSION);
}

// A word that is no command leaves one missing: the word is what helps.
std::string UsageMessage(const CLI::App* app, const CLI::Error& error) {
  const bool is_missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  const auto unknown = is_missing ? app->remaining(true) : std::vector<std::string>();
  return absl::StrCat("holdfastctl: ", error.what(),
                      unknown.empty() ? "" : "; unknown: ", absl::StrJoin(unknown, " "),
                      "; --help tells more\n");
}

ExitCode Run(int argc, char** argv) {
  Invocation invocation;
  CLI::App app("Asks a running Holdfast balancer, and tells it.", "holdfastctl");
  app.fallthrough();
  app.require_subcommand(1);
  app.failure_message(UsageMessage);
  AddGlobalOptions(app, invocation);
  AddAffinityCommands(app, invocation);
  AddServiceCommands(app, invocation);
  AddTargetCommands(app, invocation);
  AddNeighbourCommands(app, invocation);
  AddVipCommands(app, invocation);
  AddConfigCommands(app, invocation);
  AddCounterCommands(app, invocation);
  AddExplainCommand(app, invocation);
  AddCaptureCommand(app, invocation);
  app.footer(kFooter);  // last: subcommands would inherit it
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::kDone : ExitCode::kUsage;
  }
  return invocation.command(Connection(invocation));
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) try {
  return static_cast<int>(holdfast::cli::Run(argc, argv));
} catch (const std::exception& error) {
  std::fprintf(stderr, "holdfastctl: %s\n", error.what());
  return static_cast<int>(holdfast::cli::ExitCode::kFailed);
}
