#include "cli/explain_command.h"

#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/connection.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

constexpr char kDescription[] =
    "Say where a packet would go now, and why; nothing is sent, nothing changes";
constexpr char kFooter[] = R"(
A line for each rule, P1 to P8 (README, "Life of a packet"):
  DECIDES      it is done as this rule says
  NOT_REACHED  it names a target, but another rule decides
  NONE         nothing to say of this packet
The status is 0 also for a packet that is refused or dropped.

Examples
  holdfastctl explain --client 198.51.100.7:40000 --vip 192.0.2.1:80
  holdfastctl explain --client 198.51.100.7:40000 --vip 192.0.2.1:80 --packet data --worker 1
)";

struct Endpoint {
  std::string address;
  std::uint32_t port = 0;
};

// "198.51.100.7:40000"
Endpoint EndpointFrom(const std::string& option, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  Endpoint endpoint{text.substr(0, colon)};
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &endpoint.port))
    throw CLI::ValidationError(
        option, absl::StrCat("'", text, "' has no port; write one as in 198.51.100.7:40000"));
  return endpoint;
}

void AddFlowOptions(CLI::App& command, v1::ExplainRequest& request) {
  const auto set_client = [&request](const std::string& text) {
    const Endpoint client = EndpointFrom("--client", text);
    request.set_client(client.address);
    request.set_client_port(client.port);
  };
  const auto set_vip = [&request](const std::string& text) {
    const Endpoint vip = EndpointFrom("--vip", text);
    request.set_vip(vip.address);
    request.set_vip_port(vip.port);
  };
  const auto set_protocol = [&request](const std::string& word) {
    request.set_protocol(word == "udp" ? v1::PROTOCOL_UDP : v1::PROTOCOL_TCP);
  };
  request.set_protocol(v1::PROTOCOL_TCP);
  command.add_option_function<std::string>("--client", set_client, "whom the packet comes from")
      ->type_name("IP:PORT")
      ->required();
  command.add_option_function<std::string>("--vip", set_vip, "where it goes to")
      ->type_name("IP:PORT")
      ->required();
  command.add_option_function<std::string>("--protocol", set_protocol, "tcp, if not given, or udp")
      ->check(CLI::IsMember({"tcp", "udp"}));
}

v1::PacketKind KindFor(const std::string& word) {
  if (word == "syn") return v1::PACKET_KIND_SYN;
  if (word == "data") return v1::PACKET_KIND_DATA;
  return word == "fin" ? v1::PACKET_KIND_FIN : v1::PACKET_KIND_RST;
}

void AddPacketOptions(CLI::App& command, v1::ExplainRequest& request) {
  command
      .add_option_function<std::string>(
          "--packet", [&request](const std::string& word) { request.set_packet(KindFor(word)); },
          "which packet; syn, if not given, and of udp data")
      ->check(CLI::IsMember({"syn", "data", "fin", "rst"}));
  command
      .add_option_function<std::uint32_t>(
          "--worker", [&request](std::uint32_t worker) { request.set_worker(worker); },
          "who receives it, from 0 on; if not given, who has the connection, or worker 0")
      ->type_name("NUMBER");
}

std::string InWords(const v1::ExplainRequest& request, const v1::ExplainResponse& response) {
  std::string words = absl::StrCat(
      WordFor(request.protocol()), " ", request.client(), ":", request.client_port(), " > ",
      request.vip(), ":", request.vip_port(), ", received by worker ", response.worker(),
      response.service().empty() ? ": no service" : ": service ", response.service(), "\n");
  Table table({"ROW", "ANSWER", "TARGET", "WHY"});
  for (const v1::RowFinding& finding : response.findings())
    table.Add({finding.row(), WordFor(finding.answer()),
               finding.target().empty() ? "-" : finding.target(), finding.explanation()});
  if (response.findings_size() != 0) absl::StrAppend(&words, table.ToString());
  return absl::StrCat(words, WordFor(response.verdict().outcome()), ": ",
                      response.verdict().explanation(), "\n");
}

}  // namespace

void AddExplainCommand(CLI::App& app, Invocation& invocation) {
  const auto request = std::make_shared<v1::ExplainRequest>();
  CLI::App& command = *app.add_subcommand("explain", kDescription);
  AddFlowOptions(command, *request);
  AddPacketOptions(command, *request);
  command.footer(kFooter);
  command.callback([&invocation, request] {
    invocation.command = [&invocation, request](const Connection& balancer) {
      return Show(balancer.Call(&v1::AdminService::Stub::Explain, *request), invocation, ToJson,
                  [&](const v1::ExplainResponse& response) { return InWords(*request, response); });
    };
  });
}

}  // namespace holdfast::cli
