#include "balancer/options.h"

#include <CLI/CLI.hpp>

#include "base/version.h"

namespace holdfast {
namespace {

constexpr int kUsageError = 2;

constexpr char kFooter[] = R"(
Ends with status 0 when it was asked to stop (SIGTERM, SIGINT), 1 when it could
not start or lost a port, 2 when the command line or the configuration is wrong.

SIGHUP reads the configuration file again and applies it whole: no packet is lost,
no connection moves. The log says what changed. With a mistake in the file, or a
change that needs a restart (ports, cores ...), nothing changes, and the log says why.

config/balancer.yaml of the sources is a commented example with every option.
Once it runs, holdfastctl talks to it and Prometheus scrapes it.)";

}  // namespace

std::variant<Options, int> ParseCommandLine(int argc, const char* const* argv) {
  Options options;
  CLI::App app{"holdfastd: the Holdfast layer-4 load balancer", "holdfastd"};
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("holdfastd ") + kVersion);
  app.add_option("-c,--config", options.config, "Configuration file")->capture_default_str();
  app.add_flag("--check", options.check,
               "Check the configuration, list every mistake, touch nothing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  return options;
}

}  // namespace holdfast
