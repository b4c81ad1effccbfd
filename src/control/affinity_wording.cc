#include "control/affinity_wording.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "affinity/affinity_book.h"

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

std::string EndInWords(const AffinityAnswer& answer, const std::string& request,
                       const std::string& target) {
  if (answer.cut != 0 && answer.ended == 0)
    return absl::StrCat("new connections of ", request,
                        " are balanced: cut out of a wider "
                        "affinity with target '",
                        target, "'");
  std::string words = answer.ended > 1 ? absl::StrCat(answer.ended, " affinities of ", request,
                                                      " with target '", target, "' have ended")
                                       : absl::StrCat("the affinity of ", request, " with target '",
                                                      target, "' has ended");
  if (answer.cut != 0) absl::StrAppend(&words, ", and ", answer.cut, " parts of wider ones");
  return words;
}

}  // namespace

std::string ClientInWords(const IpAddress& client, std::uint8_t host_bits) {
  if (host_bits == 0) return absl::StrCat("client ", client.ToString());
  return absl::StrCat("clients ",
                      IpPrefix{client, client.HostPrefixLength() - host_bits}.ToString());
}

std::string InWords(const AffinitySelector& selector) {
  return absl::StrCat(ClientInWords(selector.client, selector.host_bits),
                      PortsInWords(selector.client_ports), " at ", selector.vip.ToString(), " ",
                      ProtocolName(selector.protocol), PortsInWords(selector.service_ports));
}

std::string InWords(const AffinityListing& listing) {
  const std::string time_left =
      listing.cell.is_hole()
          ? ", which cut it out of its wider ones"
          : absl::StrCat(", ",
                         absl::FormatDuration(absl::Trunc(listing.time_left, absl::Seconds(1))),
                         " left");
  return absl::StrCat(ClientInWords(listing.cell.client, listing.cell.host_bits), " (",
                      PortInWords(listing.cell.client_port, "any port"), ") at service '",
                      listing.service, "' (", listing.vip.ToString(), " ",
                      ProtocolName(listing.protocol), ", ",
                      PortInWords(listing.cell.service_port, "every port"), ") of target '",
                      listing.target, "'", time_left);
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
      return EndInWords(answer, request, target);
    case AffinityOutcome::kNotFound:
      return absl::StrCat("target '", target, "' holds no affinity of ", request,
                          " with all of these ports; nothing changed");
    case AffinityOutcome::kNotEndedCovered:
      return absl::StrCat("this is a part of a wider affinity: ", conflict,
                          "; end that one as a whole, or allow to cut the part out of it "
                          "(allow_partial; at most ",
                          AffinityBook::kMostHoles, " parts); nothing changed");
    case AffinityOutcome::kNotATarget:
    case AffinityOutcome::kPrefixTooWide:
    case AffinityOutcome::kQuotaExceeded:
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
