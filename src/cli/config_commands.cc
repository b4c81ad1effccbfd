#include "cli/config_commands.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AdminService::Stub;

ExitCode ExitCodeOf(v1::ConfigOutcome outcome) {
  switch (outcome) {
    case v1::CONFIG_OUTCOME_APPLIED:
    case v1::CONFIG_OUTCOME_UNCHANGED:
    case v1::CONFIG_OUTCOME_WOULD_APPLY:
      return ExitCode::kDone;
    case v1::CONFIG_OUTCOME_MISTAKES:
      return ExitCode::kUsage;
    default:
      return ExitCode::kRefused;
  }
}

template <typename Lines>
void Print(const Lines& lines, std::ostream& out) {
  for (const std::string& line : lines) out << line << "\n";
}

// What changes goes to stdout; what is in the way of it to stderr.
ExitCode ShowConfigOutcome(const absl::StatusOr<v1::ConfigChange>& answer,
                           const Invocation& invocation) {
  if (!answer.ok()) return Complain(answer.status());
  const ExitCode exit_code = ExitCodeOf(answer->outcome());
  const std::string words = absl::StrCat(WordFor(answer->outcome()), ": ", answer->explanation());
  if (invocation.json)
    std::cout << ToJson(*answer) << "\n";
  else
    Print(answer->changes(), std::cout);
  Print(answer->mistakes(), std::cerr);
  if (exit_code != ExitCode::kDone)
    Say(words);
  else if (!invocation.json)
    std::cout << words << "\n";
  return exit_code;
}

// False when it cannot be read. A directory opens as a file does.
bool ReadText(const std::string& path, std::string& text) {
  std::ifstream file(path);
  if (!file.is_open() || std::filesystem::is_directory(path)) return false;
  text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return !file.bad();
}

ExitCode Apply(const Connection& balancer, v1::ApplyConfigRequest request,
               const Invocation& invocation) {
  if (!ReadText(request.file(), *request.mutable_text()))
    return Complain(absl::InvalidArgumentError(
        absl::StrCat("'", request.file(), "' is no file that can be read")));
  return ShowConfigOutcome(balancer.Call(&Stub::ApplyConfig, request), invocation);
}

}  // namespace

void AddConfigCommands(CLI::App& app, Invocation& invocation) {
  CLI::App& config = *app.add_subcommand("config", "The balancer's whole configuration");
  config.require_subcommand(1);
  const auto request = std::make_shared<v1::ApplyConfigRequest>();
  CLI::App& apply = *config.add_subcommand(
      "apply", "Put a file in the place of the configuration that holds; no connection moves");
  apply
      .add_option_function<std::string>(
          "FILE", [request](const std::string& file) { request->set_file(file); },
          "a configuration as holdfastd's own, as a whole")
      ->type_name("")
      ->required();
  apply.add_flag_callback(
      "--dry-run", [request] { request->set_dry_run(true); }, "only show what would change");
  apply.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return Apply(balancer, *request, invocation);
    };
  });
}

}  // namespace holdfast::cli
