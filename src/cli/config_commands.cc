#include "cli/config_commands.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/config_outcome.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

using Stub = v1::AdminService::Stub;

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
  return ShowConfigChange(balancer.Call(&Stub::ApplyConfig, request), invocation);
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
