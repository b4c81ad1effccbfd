#include "config/load.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "config/mistakes_in.h"
#include "holdfast/v1/config.pb.h"

namespace holdfast::config {
namespace {

BalancerConfig Loaded(const std::string& text) {
  CHECK(MistakesIn(text).empty());
  return std::get<BalancerConfig>(ParseBalancerConfig(text, "b.yaml"));
}

TEST_CASE("what is no YAML or no section is one mistake with its line", "[config]") {
  CheckAll({
      {"nothing at all", "", {"b.yaml: ports: must have at least one port"}},
      {"only comments", "# x\n", {"b.yaml: ports: must have at least one port"}},
      {"an open list", "ports: [1\n", {"b.yaml:2: not YAML: end of sequence flow not found"}},
      {"a tab", "eal:\n\tmemory_mb: 1\n", {"b.yaml:2: not YAML: illegal map value"}},
      {"an anchor that is not there",
       "ports: *x\n",
       {"b.yaml:1: not YAML: the referenced anchor is not defined"}},
      {"a list", "- 1\n", {"b.yaml:1: must be a section of keys and values"}},
      {"a word", "ports\n", {"b.yaml:1: must be a section of keys and values"}},
      {"two documents",
       "eal:\n---\ncores:\n",
       {"b.yaml:3: a second YAML document; there must be one"}},
  });
}

TEST_CASE("keys and types must be those of the schema", "[config]") {
  CheckAll({
      {"an unknown key that resembles a known one",
       WithPort("servces: []\n"),
       {"b.yaml:5: servces: unknown key; did you mean 'services'?"}},
      {"an unknown key that resembles none",
       WithPort("metrics:\n  colour: red\n"),
       {"b.yaml:6: metrics.colour: unknown key; known are listen"}},
      {"a key twice",
       WithPort("eal:\n  memory_mb: 64\n  in_memory: true\n  memory_mb: 1\n"),
       {"b.yaml:8: eal.memory_mb: repeated key; it is on line 6"}},
      {"no number",
       WithPort("eal:\n  memory_mb: much\n"),
       {"b.yaml:6: eal.memory_mb: 'much': must be a whole number"}},
      {"a fraction",
       WithPort("eal:\n  memory_mb: 1.5\n"),
       {"b.yaml:6: eal.memory_mb: '1.5': must be a whole number"}},
      {"a number that does not fit",
       WithPort("eal:\n  memory_mb: 4294967296\ncores:\n  management: -1\n"),
       {"b.yaml:6: eal.memory_mb: '4294967296': must be 0 to 4294967295",
        "b.yaml:8: cores.management: '-1': must be 0 to 4294967295"}},
      {"no truth value",
       WithPort("eal:\n  huge_pages: yes\n"),
       {"b.yaml:6: eal.huge_pages: 'yes': must be true or false"}},
      {"an unknown word of an enum",
       WithPort("logging:\n  level: loud\n"),
       {"b.yaml:6: logging.level: 'loud': must be one of: debug, info, warning, error"}},
      {"the word that means nothing",
       WithPort("cores:\n  poll: unspecified\n"),
       {"b.yaml:6: cores.poll: 'unspecified': must be one of: busy, adaptive"}},
      {"a value for a section",
       WithPort("cores: 2\n"),
       {"b.yaml:5: cores: '2': must be a section of keys and values"}},
      {"a value for a list",
       WithPort("cores:\n  workers: 1\n"),
       {"b.yaml:6: cores.workers: '1': must be a list"}},
      {"a list for a value",
       WithPort("metrics:\n  listen: [a]\n"),
       {"b.yaml:6: metrics.listen: must be a single value"}},
      {"a key without value",
       WithPort("metrics:\n  listen:\n"),
       {"b.yaml:6: metrics.listen: has no value; leave the key out for the default"}},
      {"a bad element keeps the others in their places",
       WithPort("cores:\n  poll: busy\n  workers: [x, 0]\n"),
       {"b.yaml:7: cores.workers[0]: 'x': must be a whole number",
        "b.yaml:7: cores.workers[1]: '0': is the core of cores.management too, but a worker with "
        "poll: busy never sleeps and needs a core of its own (poll: adaptive may share)"}},
      {"an element that is no section",
       "ports: [lan0]\n",
       {"b.yaml:1: ports[0]: 'lan0': must be a section of keys and values"}},
  });
}

TEST_CASE("all mistakes of a file come at once, in the order of its lines", "[config]") {
  CHECK(MistakesIn("services:\n"
                   "  - name: web\n"
                   "    vip: 10.0.0.300\n"
                   "    protocol: tcp\n"
                   "    ports: [99999]\n"
                   "logging: {level: loud}\n"
                   "prots: []\n") ==
        std::vector<std::string>{
            "b.yaml: ports: must have at least one port",
            "b.yaml:3: services[0].vip: '10.0.0.300': not an IPv4 or IPv6 address",
            "b.yaml:5: services[0].ports[0]: '99999': must be 1 to 65535, a range of them as "
            "8000-8999, or all",
            "b.yaml:6: logging.level: 'loud': must be one of: debug, info, warning, error",
            "b.yaml:7: prots: unknown key; did you mean 'ports'?",
        });
}

TEST_CASE("what is left out has the default of the schema", "[config]") {
  const BalancerConfig config = Loaded(WithService("", ""));
  CHECK(config.eal.huge_pages);
  CHECK(config.eal.memory_mb == 256);
  CHECK(config.eal.in_memory);
  CHECK(config.cores.management == 0);
  CHECK(config.cores.workers == std::vector<unsigned>{1});
  CHECK(config.cores.poll == Poll::kBusy);
  CHECK(config.cores.max_sleep == absl::Microseconds(500));
  CHECK(config.ports[0].mtu == 1500);
  CHECK(config.ports[0].rx_descriptors == 1024);
  CHECK(config.connections.per_worker == 1'000'000);
  CHECK(config.connections.timeouts.tcp_established == absl::Minutes(130));
  CHECK(config.affinities.max_duration == absl::Hours(4));
  CHECK(config.control.listen.empty());
  REQUIRE(config.metrics.listen);
  CHECK(config.metrics.listen->text == "127.0.0.1:9400");
  CHECK(config.services[0].targets[0].weight == 100);
  CHECK(config.services[0].no_target == NoTarget::kReject);
  CHECK(config.log_level == LogLevel::kInfo);
}

TEST_CASE("what is given is what is loaded", "[config]") {
  const BalancerConfig config = Loaded(
      "eal: {huge_pages: false, memory_mb: 64, in_memory: false, extra_args: [-v]}\n"
      "cores: {management: 3, workers: [4, 5], poll: adaptive, max_sleep: 1ms}\n"
      "ports:\n"
      "  - {name: a, device: net_tap0, addresses: [10.0.0.1/8], mtu: 9000}\n"
      "  - {name: b, device: net_tap1, addresses: [10.9.0.1/16, 172.16.0.1/12]}\n"
      "connections: {per_worker: 2048, timeouts: {udp: 90s}}\n"
      "control: {listen: ['[::1]:7400', 'unix:/run/h.sock']}\n"
      "metrics: {listen: ''}\n"
      "ring_seed: 18446744073709551615\n"
      "targets: [{name: t, address: 10.9.0.2, mac: '02:00:00:00:00:13'}]\n"
      "services:\n"
      "  - {name: s, vip: 192.0.2.1, protocol: udp, ports: [53, 52], no_target: drop,\n"
      "     targets: [{target: t, weight: 0}]}\n"
      "logging: {level: debug}\n");
  CHECK_FALSE(config.eal.huge_pages);
  CHECK_FALSE(config.eal.in_memory);
  CHECK(config.eal.extra_args == std::vector<std::string>{"-v"});
  CHECK(config.cores.workers == std::vector<unsigned>{4, 5});
  CHECK(config.cores.poll == Poll::kAdaptive);
  CHECK(config.cores.max_sleep == absl::Milliseconds(1));
  CHECK(config.ports[1].addresses[1].ToString() == "172.16.0.1/12");
  CHECK(config.connections.timeouts.udp == absl::Seconds(90));
  CHECK(config.control.listen[0].address.IsLoopback());
  CHECK(config.control.listen[0].port == 7400);
  CHECK(config.control.listen[1].unix_path == "/run/h.sock");
  CHECK_FALSE(config.metrics.listen);
  CHECK(config.ring_seed == 18446744073709551615U);
  CHECK(config.targets[0].port == 1);  // the longer prefix
  CHECK(config.targets[0].mac->ToString() == "02:00:00:00:00:13");
  CHECK(config.services[0].protocol == Protocol::kUdp);
  CHECK(config.services[0].ports == std::vector<std::uint16_t>{52, 53});
  CHECK(config.services[0].no_target == NoTarget::kDrop);
  CHECK(config.services[0].targets[0].weight == 0);
  CHECK(config.log_level == LogLevel::kDebug);
}

TEST_CASE("a file that cannot be read is a mistake of the file", "[config]") {
  const auto mistake = [](const std::string& path) {
    return std::get<std::vector<Mistake>>(LoadBalancerConfig(path)).at(0).ToString();
  };
  CHECK(mistake("/nowhere/balancer.yaml") ==
        "/nowhere/balancer.yaml: cannot be read: No such file or directory");
  CHECK(mistake("/tmp") == "/tmp: cannot be read: Is a directory");
}

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string ExamplePath() {
  const char* path = std::getenv("BALANCER_YAML");
  REQUIRE(path != nullptr);
  return path;
}

// Every "# key: value" becomes "key: value".
std::string WithCommentedKeys(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (std::string& line : lines) {
    const std::size_t mark = line.find_first_not_of(' ');
    if (mark == std::string::npos || line.compare(mark, 2, "# ") != 0) continue;
    const std::size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", mark + 2);
    if (end == std::string::npos || end == mark + 2) continue;
    if (line.compare(end, 2, ": ") == 0 && line.substr(end + 2, 1) != " ") line.erase(mark, 2);
  }
  return absl::StrJoin(lines, "\n");
}

void CheckAllFieldsShown(const google::protobuf::Descriptor& type, const std::string& text) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    INFO(field.full_name());
    const bool shown = absl::StrContains(text, " " + field.name() + ":") ||
                       absl::StrContains(text, "\n" + field.name() + ":");
    CHECK(shown);
    if (field.message_type() != nullptr) CheckAllFieldsShown(*field.message_type(), text);
  }
}

TEST_CASE("the shipped example loads without mistakes", "[config]") {
  const LoadResult result = LoadBalancerConfig(ExamplePath());
  if (const auto* mistakes = std::get_if<std::vector<Mistake>>(&result))
    for (const Mistake& mistake : *mistakes) UNSCOPED_INFO(mistake.ToString());
  CHECK(std::holds_alternative<BalancerConfig>(result));
}

TEST_CASE("the shipped example is right with its commented lines too", "[config]") {
  const std::string text = WithCommentedKeys(TextOf(ExamplePath()));
  REQUIRE(absl::StrContains(text, "\n  memory_mb: 256\n"));
  CHECK(MistakesIn(text) == std::vector<std::string>{});
}

TEST_CASE("the shipped example shows every option", "[config]") {
  CheckAllFieldsShown(*v1::BalancerConfig::descriptor(),
                      "\n" + WithCommentedKeys(TextOf(ExamplePath())));
}

}  // namespace
}  // namespace holdfast::config
