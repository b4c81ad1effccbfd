// What a health check asks by HTTP, and what it takes for an answer.
#include "health/http_check.h"

#include <catch2/catch.hpp>

namespace holdfast {
namespace {

ProbeOrder Order() {
  ProbeOrder order;
  order.id = 7;
  order.vip = IpAddress::Parse("192.0.2.1").value();
  order.check.port = 80;
  return order;
}

std::string OutcomeOf(std::string_view received, bool ended) {
  const auto result = JudgeHttpAnswer(Order(), received, ended);
  return result ? std::string(kProbeOutcomeNames[static_cast<std::size_t>(result->outcome)]) : "";
}

TEST_CASE("the request names the host that is configured, or the VIP", "[health]") {
  ProbeOrder order = Order();
  CHECK(HttpRequestOf(order).starts_with("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n"));
  CHECK(HttpRequestOf(order).ends_with("\r\n\r\n"));
  order.check.port = 8080;
  order.check.path = "/ready?x=1";
  CHECK(HttpRequestOf(order).starts_with("GET /ready?x=1 HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n"));
  order.vip = IpAddress::Parse("2001:db8::1").value();
  CHECK(AuthorityOf(order) == "[2001:db8::1]:8080");
  order.check.host = "www.example.org";
  CHECK(AuthorityOf(order) == "www.example.org");
}

TEST_CASE("the first line of the answer is judged, as soon as it is there", "[health]") {
  struct Case {
    std::string received;
    bool ended;
    std::string outcome;
  };
  const Case cases[] = {
      {"", false, ""},
      {"HTTP/1.1 20", false, ""},
      {"HTTP/1.1 200 OK\r\n", false, "ok"},
      {"HTTP/1.0 399 \r\nServer: x", false, "ok"},
      {"HTTP/1.1 200\n", false, "ok"},
      {"HTTP/1.1 199 X\r\n", false, "status"},
      {"HTTP/1.1 500 Internal Server Error\r\n", false, "status"},
      {"", true, "error"},
      {"HTTP/1.1 200 OK", true, "error"},
      {"HTTP/2 200\r\n", false, "error"},
      {"HTTP/1.1 2\r\n", false, "error"},
      {"HTTP/1.1 x00 OK\r\n", false, "error"},
      {"SSH-2.0-OpenSSH_9.2\r\n", false, "error"},
      {std::string(kLongestStatusLine, 'a'), false, "error"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.received, one.ended);
    CHECK(OutcomeOf(one.received, one.ended) == one.outcome);
  }
  CHECK(JudgeHttpAnswer(Order(), "HTTP/1.1 500 X\r\n", false)->reason == "HTTP status 500");
}

}  // namespace
}  // namespace holdfast
