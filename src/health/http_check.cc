#include "health/http_check.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace holdfast {
namespace {

constexpr std::uint16_t kHttpPort = 80;

// "HTTP/1.1 200 OK": RFC 9112, 4.
std::optional<std::uint32_t> StatusIn(std::string_view line) {
  constexpr std::size_t kStatus = sizeof("HTTP/1.x ") - 1;
  std::uint32_t status = 0;
  if (!line.starts_with("HTTP/1.") || line.size() < kStatus + 3 || line[kStatus - 1] != ' ' ||
      !absl::ascii_isdigit(static_cast<unsigned char>(line[kStatus])) ||
      !absl::SimpleAtoi(absl::string_view(line.data() + kStatus, 3), &status))
    return std::nullopt;
  return status;
}

}  // namespace

std::string AuthorityOf(const ProbeOrder& order) {
  if (!order.check.host.empty()) return order.check.host;
  const std::string address =
      order.vip.IsV4() ? order.vip.ToString() : absl::StrCat("[", order.vip.ToString(), "]");
  return order.check.port == kHttpPort ? address : absl::StrCat(address, ":", order.check.port);
}

std::string HttpRequestOf(const ProbeOrder& order) {
  return absl::StrCat(
      "GET ", order.check.path, " HTTP/1.1\r\nHost: ", AuthorityOf(order),
      "\r\nUser-Agent: holdfast-health\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

std::optional<ProbeResult> JudgeHttpAnswer(const ProbeOrder& order, std::string_view received,
                                           bool ended) {
  const std::size_t end = received.find('\n');
  if (end == std::string_view::npos && !ended && received.size() < kLongestStatusLine)
    return std::nullopt;
  if (received.empty())
    return ProbeResult{order.id, ProbeOutcome::kError, "the connection ended without an answer"};
  const auto status = StatusIn(received.substr(0, end));
  if (end == std::string_view::npos || !status)
    return ProbeResult{order.id, ProbeOutcome::kError, "the answer is not HTTP/1"};
  if (*status >= order.check.least_status && *status <= order.check.most_status)
    return ProbeResult{order.id, ProbeOutcome::kOk, ""};
  return ProbeResult{order.id, ProbeOutcome::kStatus, absl::StrCat("HTTP status ", *status)};
}

}  // namespace holdfast
