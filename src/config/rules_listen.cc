#include <sys/un.h>

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;

std::optional<ListenAddress> UnixAddress(const std::string& field, const std::string& text,
                                         absl::string_view path, MistakeLog& log) {
  if (path.empty() || path[0] != '/') {
    log.Add(field, text, "the path after unix: must begin with /");
    return std::nullopt;
  }
  if (path.size() > kLongestUnixPath) {
    log.Add(field, text,
            absl::StrCat("the path of a socket has at most ", kLongestUnixPath, " characters"));
    return std::nullopt;
  }
  return ListenAddress{text, std::string(path), {}, 0};
}

// "127.0.0.1:80" and "[::1]:80" in two; false when there are no two.
bool SplitHostAndPort(absl::string_view text, absl::string_view& host, absl::string_view& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return false;
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
  if (absl::ConsumePrefix(&host, "[")) return absl::ConsumeSuffix(&host, "]");
  return !absl::StrContains(host, ':');
}

std::optional<ListenAddress> TcpAddress(const std::string& field, const std::string& text,
                                        MistakeLog& log) {
  absl::string_view host;
  absl::string_view port_text;
  std::uint32_t port = 0;
  if (!SplitHostAndPort(text, host, port_text)) {
    log.Add(field, text, "must be address:port, with an IPv6 address in brackets");
    return std::nullopt;
  }
  const auto address = IpAddress::Parse(host);
  if (!address.ok()) {
    log.Add(field, text, absl::StrCat("'", host, "' is not an IPv4 or IPv6 address"));
    return std::nullopt;
  }
  if (!absl::SimpleAtoi(port_text, &port) || port < 1 || port > 65535) {
    log.Add(field, text, absl::StrCat("port '", port_text, "' must be 1 to 65535"));
    return std::nullopt;
  }
  return ListenAddress{text, "", *address, static_cast<std::uint16_t>(port)};
}

std::optional<ListenAddress> ControlAddress(const std::string& field, const std::string& text,
                                            bool insecure, MistakeLog& log) {
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) return UnixAddress(field, text, path, log);
  auto listen = TcpAddress(field, text, log);
  if (listen && !listen->address.IsLoopback() && !insecure && !log.IsSpoiled("control.insecure"))
    log.Add(field, text,
            "TLS is not available yet, so only loopback and Unix sockets are allowed; "
            "control.insecure: true allows others, and then everybody who reaches the address "
            "may control this balancer");
  return listen;
}

}  // namespace

Control CheckedControl(const v1::Control& control, MistakeLog& log) {
  Control checked;
  checked.insecure = control.insecure();
  Uniqueness addresses("value", log);
  for (std::size_t i = 0; i < static_cast<std::size_t>(control.listen_size()); ++i) {
    const std::string field = ElementPath("control.listen", i);
    if (log.IsSpoiled(field)) continue;
    auto listen = ControlAddress(field, control.listen(static_cast<int>(i)), checked.insecure, log);
    if (!listen) continue;
    addresses.Claim(field, field, listen->text);
    checked.listen.push_back(*std::move(listen));
  }
  return checked;
}

Metrics CheckedMetrics(const v1::Metrics& metrics, const Control& control, MistakeLog& log) {
  const std::string field = "metrics.listen";
  const std::string text = log.Has(field) ? metrics.listen() : "127.0.0.1:9400";
  if (text.empty() || log.IsSpoiled(field)) return {};
  if (absl::StartsWith(text, "unix:")) {
    log.Add(field, text, "must be address:port; Prometheus does not scrape a Unix socket");
    return {};
  }
  Metrics checked{TcpAddress(field, text, log)};
  if (checked.listen && !checked.listen->address.IsV4())
    log.Add(field, text, "must be an IPv4 address: the HTTP library has no IPv6");
  for (const ListenAddress& taken : control.listen)
    if (taken.text == text)
      log.Add(field, text, "the control plane listens on this address (control.listen)");
  return checked;
}

}  // namespace holdfast::config
