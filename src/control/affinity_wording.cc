#include "control/affinity_wording.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace holdfast {
namespace {

constexpr std::size_t kMostPortsShown = 8;

std::string PortsInWords(const std::vector<std::uint16_t>& ports) {
  if (ports.size() > kMostPortsShown) return absl::StrCat(" (", ports.size(), " ports)");
  return ports.empty() ? "" : absl::StrCat(" port ", absl::StrJoin(ports, ", "));
}

std::string PortInWords(std::uint16_t port, absl::string_view when_zero) {
  return port == 0 ? std::string(when_zero) : absl::StrCat("port ", port);
}

}  // namespace

std::string InWords(const AffinitySelector& selector) {
  return absl::StrCat("client ", selector.client.ToString(), PortsInWords(selector.client_ports),
                      " at ", selector.vip.ToString(), " ", ProtocolName(selector.protocol),
                      PortsInWords(selector.service_ports));
}

std::string InWords(const AffinityListing& listing) {
  return absl::StrCat(
      "client ", listing.cell.client.ToString(), " (",
      PortInWords(listing.cell.client_port, "any port"), ") at service '", listing.service, "' (",
      listing.vip.ToString(), " ", ProtocolName(listing.protocol), ", ",
      PortInWords(listing.cell.service_port, "every port"), ") of target '", listing.target, "', ",
      absl::FormatDuration(absl::Trunc(listing.time_left, absl::Seconds(1))), " left");
}

std::string Explain(const AffinityAnswer& answer, const AffinitySelector& selector,
                    const std::string& target) {
  const std::string request = InWords(selector);
  const std::string conflict = answer.conflict ? InWords(*answer.conflict) : "";
  switch (answer.outcome) {
    case AffinityOutcome::kStarted:
      return absl::StrCat("new connections of ", request, " go to target '", target, "' for ",
                          absl::FormatDuration(answer.granted));
    case AffinityOutcome::kRenewed:
      return absl::StrCat("new connections of ", request, " keep going to target '", target,
                          "', from now on for ", absl::FormatDuration(answer.granted));
    case AffinityOutcome::kCovered:
      return absl::StrCat("a wider affinity of the same target stands: ", conflict,
                          "; nothing changed, and its clock went on");
    case AffinityOutcome::kOwnedByOther:
      return absl::StrCat("target '", answer.conflict ? answer.conflict->target : "",
                          "' holds it: ", conflict, "; nothing changed");
    case AffinityOutcome::kEnded:
      return absl::StrCat("the affinity of ", request, " with target '", target, "' has ended");
    case AffinityOutcome::kNotFound:
      return absl::StrCat("target '", target, "' holds no affinity of ", request,
                          " with all of these ports; nothing changed");
    case AffinityOutcome::kNotEndedCovered:
      return absl::StrCat("this is a part of a wider affinity: ", conflict,
                          "; end that one as a whole; nothing changed");
    case AffinityOutcome::kNotATarget:
    case AffinityOutcome::kTableFull:
      break;  // said where it is found
  }
  return "";
}

std::string WhyNoOwner(const std::string& target, const std::string& service,
                       OwnerStanding standing) {
  const char* const state = standing == OwnerStanding::kDown ? "is down" : "drains";
  return absl::StrCat("target '", target, "' ", state, ": its affinities in service '", service,
                      "' have ended");
}

}  // namespace holdfast
