#include "control/explanation_wording.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace holdfast {
namespace {

std::string InSeconds(std::uint32_t seconds) {
  return seconds == 0 ? "0s" : absl::FormatDuration(absl::Seconds(seconds));
}

}  // namespace

std::string NameOf(ConnectionPhase phase) {
  return std::string(kConnectionPhaseNames[NumberOf(phase)]);
}

std::string PacketInWords(const PacketQuestion& question) {
  if (question.flow.protocol == Protocol::kUdp) return "a datagram";
  if (question.segment.rst) return "a RST";
  if (question.segment.fin) return "a FIN";
  return question.segment.OpensConnection() ? "a SYN" : "a data packet";
}

std::string InWords(const Explanation::Connection& connection, const PacketQuestion& question) {
  const ConnectionTable::Sighting& sighting = connection.sighting;
  std::string words =
      absl::StrCat("worker ", Index(connection.worker), " has it as ", NameOf(sighting.entry.phase),
                   ", idle for ", InSeconds(sighting.idle), " of ", InSeconds(sighting.timeout));
  if (sighting.entry.expired) absl::StrAppend(&words, ", expired");
  if (connection.begins_anew)
    absl::StrAppend(&words, "; ", PacketInWords(question), " begins a new connection");
  else if (connection.target.empty())
    absl::StrAppend(&words, "; its target is gone (P7)");
  return words;
}

std::string NoAffinityInWords(const FlowKey& flow, const std::string& service) {
  return absl::StrCat("no affinity of client ", flow.client.ToString(), " port ", flow.client_port,
                      " at service '", service, "' port ", flow.vip_port);
}

std::string InWords(const Explanation::Verdict::Way& way) {
  std::string words = absl::StrCat(
      "target '", way.target, "' (", way.address.ToString(), ") by step ",
      std::string(kStepNames[static_cast<std::size_t>(way.step)]), ", from port '", way.port, "'");
  if (way.gateway) absl::StrAppend(&words, " by gateway ", way.gateway->ToString());
  absl::StrAppend(&words, way.mac ? absl::StrCat(" to MAC ", way.mac->ToString())
                                  : ", but its MAC is not known");
  if (way.forwarding == ForwardingMode::kL2) return words;
  if (way.forwarding == ForwardingMode::kNat)
    return absl::StrCat(words, ", by nat from ", way.outer_source.ToString(), " to ",
                        way.outer_destination.ToString(), " port ", way.outer_port);
  absl::StrAppend(&words, ", inside ", way.outer_destination.IsV4() ? "IPv4" : "IPv6", " from ",
                  way.outer_source.ToString(), " to ", way.outer_destination.ToString());
  if (way.forwarding == ForwardingMode::kGue)
    absl::StrAppend(&words, ", UDP port ", way.outer_port);
  return words;
}

std::string CandidatesInWords(const std::vector<Explanation::Verdict::Way>& candidates) {
  return absl::StrCat("to one of ",
                      absl::StrJoin(candidates, ", ", [](std::string* out, const auto& way) {
                        absl::StrAppend(out, "'", way.target, "'");
                      }));
}

std::string DownInWords(const ServiceView& service, const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const TargetHandle target : service.balancing.down)
    if (const TargetView* const view = snapshot.Find(target)) names.push_back(view->name);
  return absl::StrCat("; down by health: '", absl::StrJoin(names, "', '"), "'");
}

std::string WhyPassedOver(const TargetView* owner) {
  if (owner == nullptr) return ": passed over, its owner is gone";
  return owner->state == TargetState::kDraining ? ": passed over, its owner drains"
                                                : ": passed over, its owner is down";
}

std::string WhyPassedOver(const TargetView* owner, const ServiceView& service,
                          TargetHandle target) {
  if (owner != nullptr && !service.automatic.Has(target))
    return ": passed over, the service gives it no clients any more";
  return WhyPassedOver(owner);
}

std::string InWords(const ClientPair& pair, const TargetView* target, CoarseTick now,
                    std::uint32_t linger) {
  const std::string whose =
      target == nullptr ? "a target that is gone" : absl::StrCat("'", target->name, "'");
  if (pair.connections != 0)
    return absl::StrCat(pair.connections, pair.connections == 1 ? " connection" : " connections",
                        " to ", whose);
  const std::uint32_t seconds = pair.held ? ClientPair::kHeldSeconds : linger;
  return absl::StrCat("none to ", whose, " since ", now.SecondsSince(pair.ended),
                      "s, which lingers for ", seconds, "s");
}

std::string InWords(DropReason reason) {
  const DropReasonName& name = kDropReasons[static_cast<std::size_t>(reason)];
  return absl::StrCat("dropped as ", std::string(name.name), ": ", std::string(name.help));
}

std::string KernelInWords(const std::string& port, const std::string& interface) {
  return absl::StrCat("not for a service: the kernel gets it by interface '", interface,
                      "' of port '", port, "', as the rate allows");
}

std::string RefusalInWords(const std::optional<Reply>& reply) {
  if (!reply) return "refused in silence";
  return *reply == Reply::kTcpReset ? "refused with a TCP RST, as the rate allows"
                                    : "refused with an ICMP port unreachable, as the rate allows";
}

}  // namespace holdfast
