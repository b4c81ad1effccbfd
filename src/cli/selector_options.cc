#include "cli/selector_options.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace holdfast::cli {
namespace {

using Ports = google::protobuf::RepeatedField<std::uint32_t>;

// "198.51.100.7" or "198.51.100.0/24"
void SetClient(const std::string& text, v1::AffinitySelector& selector) {
  const std::size_t slash = text.find('/');
  selector.set_client(text.substr(0, slash));
  if (slash == std::string::npos) return;
  std::uint32_t length = 0;
  if (!absl::SimpleAtoi(text.substr(slash + 1), &length))
    throw CLI::ValidationError("--client",
                               absl::StrCat("'", text,
                                            "' has no prefix length after its '/'; write one as in "
                                            "198.51.100.0/24"));
  selector.set_client_prefix_length(length);
}

std::uint32_t PortFrom(const std::string& name, const std::string& text) {
  std::uint32_t port = 0;
  if (!absl::SimpleAtoi(text, &port))
    throw CLI::ValidationError(
        name, absl::StrCat("'", text, "' is not a port; write a number from 1 to 65535"));
  return port;
}

void AddPortsOption(CLI::App& command, const std::string& name, Ports& ports,
                    const std::string& description) {
  const auto append = [name, &ports](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) ports.Add(PortFrom(name, text));
  };
  command.add_option_function<std::vector<std::string>>(name, append, description)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PORT");
}

}  // namespace

void AddSelectorOptions(CLI::App& command, v1::AffinitySelector& selector) {
  const auto set_vip = [&selector](const std::string& vip) { selector.set_vip(vip); };
  const auto set_client = [&selector](const std::string& text) { SetClient(text, selector); };
  const auto set_protocol = [&selector](const std::string& word) {
    selector.set_protocol(word == "udp" ? v1::PROTOCOL_UDP : v1::PROTOCOL_TCP);
  };
  selector.set_protocol(v1::PROTOCOL_TCP);
  command.add_option_function<std::string>("--vip", set_vip, "the service's virtual address")
      ->type_name("IP")
      ->required();
  command.add_option_function<std::string>("--protocol", set_protocol, "tcp, if not given, or udp")
      ->check(CLI::IsMember({"tcp", "udp"}));
  AddPortsOption(command, "--port", *selector.mutable_service_ports(),
                 "ports of the service; without it, each service of the VIP as a whole");
  command
      .add_option_function<std::string>("--client", set_client,
                                        "the client, or a prefix of clients")
      ->type_name("IP[/LENGTH]")
      ->required();
  AddPortsOption(command, "--client-port", *selector.mutable_client_ports(),
                 "source ports of the client; without it, any");
}

}  // namespace holdfast::cli
