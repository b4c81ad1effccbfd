#include "config/health_fields.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/port_set.h"
#include "config/field_rules.h"

namespace holdfast::config {
namespace {

constexpr Bounds<absl::Duration> kIntervals = {absl::Milliseconds(100), absl::Hours(1)};
constexpr Bounds<absl::Duration> kTimeouts = {absl::Milliseconds(10), absl::Minutes(1)};
constexpr Bounds<std::uint64_t> kCounts = {1, 100};
constexpr std::size_t kLongestText = 512;  // a request must go into one packet, through any tunnel

HealthCheckType TypeOf(const v1::HealthCheck& message) {
  switch (message.type()) {
    case v1::HealthCheck::TYPE_HTTP:
      return HealthCheckType::kHttp;
    case v1::HealthCheck::TYPE_GRPC:
      return HealthCheckType::kGrpc;
    default:
      return HealthCheckType::kTcp;
  }
}

v1::HealthCheck::Type ToMessage(HealthCheckType type) {
  switch (type) {
    case HealthCheckType::kHttp:
      return v1::HealthCheck::TYPE_HTTP;
    case HealthCheckType::kGrpc:
      return v1::HealthCheck::TYPE_GRPC;
    case HealthCheckType::kTcp:
      break;
  }
  return v1::HealthCheck::TYPE_TCP;
}

void CheckTimes(const std::string& path, const v1::HealthCheck& message, HealthCheck& check,
                MistakeLog& log) {
  const auto set = [&](const char* name, const std::string& text, Bounds<absl::Duration> bounds,
                       absl::Duration& value) {
    if (!text.empty()) value = BoundedDuration(path + name, text, value, bounds, log);
  };
  set(".interval", message.interval(), kIntervals, check.interval);
  set(".timeout", message.timeout(), kTimeouts, check.timeout);
  const auto count = [&](const char* name, std::uint32_t value) {
    return static_cast<std::uint32_t>(BoundedNumber(path + name, value, kCounts, log));
  };
  if (message.has_rise()) check.rise = count(".rise", message.rise());
  if (message.has_fall()) check.fall = count(".fall", message.fall());
}

void CheckPort(const std::string& path, const v1::HealthCheck& message, const Service& service,
               HealthCheck& check, MistakeLog& log) {
  const std::string field = path + ".port";
  if (message.has_port())
    check.port = static_cast<std::uint16_t>(BoundedNumber(field, message.port(), {1, 65535}, log));
  else if (!service.ports.empty() && service.ports.ranges().front().IsEvery())
    log.Add(field, "", "is required: the service has every port, and none of them is the first");
  else if (!service.ports.empty())
    check.port = service.ports.ranges().front().first;
}

// What goes into a line of a request as it is.
std::string CheckedText(const std::string& field, const std::string& text, MistakeLog& log) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable || text.size() > kLongestText)
    log.Add(field, text,
            absl::StrCat("must be at most ", kLongestText, " characters of ASCII without spaces"));
  return text;
}

void CheckStatus(const std::string& field, const std::string& text, HealthCheck& check,
                 MistakeLog& log) {
  if (text.empty()) return;
  const auto range = PortRange::Parse(text);  // written in the same way
  if (!range || range->first < 100 || range->last > 599)
    return log.Add(field, text, "must be a status, 100 to 599, or a range of them, as 200-399");
  check.least_status = range->first;
  check.most_status = range->last;
}

// Of other types than the one that a field is for.
void RefuseForeignFields(const std::string& path, const v1::HealthCheck& message,
                         const HealthCheck& check, MistakeLog& log) {
  const auto refuse = [&](const char* name, const std::string& text, bool allowed,
                          const char* types) {
    if (!text.empty() && !allowed) log.Add(path + name, text, absl::StrCat("is for ", types));
  };
  const bool http = check.type == HealthCheckType::kHttp;
  const bool grpc = check.type == HealthCheckType::kGrpc;
  refuse(".path", message.path(), http, "type: http");
  refuse(".status", message.status(), http, "type: http");
  refuse(".host", message.host(), http || grpc, "type: http or grpc");
  refuse(".grpc_service", message.grpc_service(), grpc, "type: grpc");
}

void CheckWays(const std::string& path, const HealthRoom& room, const Service& service,
               MistakeLog& log) {
  for (const ServiceTarget& member : service.targets) {
    const Target& target = room.targets[member.target];
    if (target.port >= room.ports.size()) continue;
    const Port& port = room.ports[target.port];
    const std::string by = absl::StrCat("target '", target.name, "' is reached by port '",
                                        port.name, "', which has no ");
    if (!port.kernel)
      return log.Add(path, "",
                     absl::StrCat(by,
                                  "kernel interface (kernel: {interface: ...}): "
                                  "checks leave by it"));
    if (std::ranges::none_of(port.addresses, [&](const IpPrefix& own) {
          return own.address.IsV4() == service.vip.IsV4();
        }))
      return log.Add(
          path, "",
          absl::StrCat(by, service.vip.IsV4() ? "IPv4" : "IPv6", " address for checks of the VIP ",
                       service.vip.ToString(), " to come from"));
  }
}

}  // namespace

void CheckHealth(const std::string& path, const v1::ServiceConfig& message, const HealthRoom& room,
                 Service& service, MistakeLog& log) {
  if (!message.has_health()) return;
  const v1::HealthCheck& wanted = message.health();
  HealthCheck check{.type = TypeOf(wanted)};
  CheckTimes(path, wanted, check, log);
  CheckPort(path, wanted, service, check, log);
  RefuseForeignFields(path, wanted, check, log);
  CheckStatus(path + ".status", wanted.status(), check, log);
  if (!wanted.path().empty()) check.path = CheckedText(path + ".path", wanted.path(), log);
  if (check.path.front() != '/') log.Add(path + ".path", check.path, "must begin with '/'");
  check.host = CheckedText(path + ".host", wanted.host(), log);
  check.grpc_service = CheckedText(path + ".grpc_service", wanted.grpc_service(), log);
  CheckWays(path, room, service, log);
  service.health = std::move(check);
}

void HealthToMessage(const Service& service, v1::ServiceConfig& message) {
  if (!service.health) return;
  const HealthCheck& check = *service.health;
  v1::HealthCheck& health = *message.mutable_health();
  health.set_type(ToMessage(check.type));
  health.set_interval(absl::FormatDuration(check.interval));
  health.set_timeout(absl::FormatDuration(check.timeout));
  health.set_rise(check.rise);
  health.set_fall(check.fall);
  // The service's first port stays that, whichever it comes to be.
  if (const PortRange first = service.ports.ranges().front();
      first.IsEvery() || first.first != check.port)
    health.set_port(check.port);
  if (check.type == HealthCheckType::kHttp) {
    health.set_path(check.path);
    health.set_status(absl::StrCat(check.least_status, "-", check.most_status));
  }
  health.set_host(check.host);
  health.set_grpc_service(check.grpc_service);
}

std::string HealthInWords(const Service& service) {
  if (!service.health) return "";
  const HealthCheck& check = *service.health;
  constexpr const char* kTypes[] = {"tcp", "http", "grpc"};
  std::string words =
      absl::StrCat(kTypes[static_cast<std::size_t>(check.type)], " port ", check.port);
  if (check.type == HealthCheckType::kHttp)
    absl::StrAppend(&words, " path ", check.path, " status ", check.least_status, "-",
                    check.most_status);
  if (!check.host.empty()) absl::StrAppend(&words, " host ", check.host);
  if (!check.grpc_service.empty()) absl::StrAppend(&words, " service ", check.grpc_service);
  absl::StrAppend(&words, ", every ", absl::FormatDuration(check.interval), ", timeout ",
                  absl::FormatDuration(check.timeout), ", rise ", check.rise, ", fall ",
                  check.fall);
  return words;
}

}  // namespace holdfast::config
