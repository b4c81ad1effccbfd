#include "rpc/explain_wire.h"

#include <limits>
#include <optional>

#include "rpc/to_wire.h"
#include "rpc/wire_fields.h"

namespace holdfast {
namespace {

absl::StatusOr<std::uint16_t> PortFromWire(absl::string_view field, bool is_there,
                                           std::uint32_t wire) {
  if (!is_there) return Mistake(field, "absent", "a packet has a port");
  if (wire > std::numeric_limits<std::uint16_t>::max())
    return Mistake(field, wire, "a packet's port is 0 to 65535");
  return static_cast<std::uint16_t>(wire);
}

absl::StatusOr<FlowKey> FlowFromWire(const v1::ExplainRequest& wire) {
  const auto client = AddressFromWire("client", wire.client());
  if (!client.ok()) return client.status();
  const auto client_port = PortFromWire("client_port", wire.has_client_port(), wire.client_port());
  if (!client_port.ok()) return client_port.status();
  const auto vip = AddressFromWire("vip", wire.vip());
  if (!vip.ok()) return vip.status();
  if (client->IsV4() != vip->IsV4())
    return Mistake("client", Quoted(wire.client()), "must be of the family of vip");
  const auto vip_port = PortFromWire("vip_port", wire.has_vip_port(), wire.vip_port());
  if (!vip_port.ok()) return vip_port.status();
  const auto protocol = ProtocolFromWire("protocol", wire.protocol());
  if (!protocol.ok()) return protocol.status();
  return FlowKey{*client, *vip, *client_port, *vip_port, *protocol};
}

absl::StatusOr<SegmentFlags> SegmentFromWire(Protocol protocol, v1::PacketKind kind) {
  const bool is_udp = protocol == Protocol::kUdp;
  switch (kind) {
    case v1::PACKET_KIND_UNSPECIFIED:
      return is_udp ? SegmentFlags{.payload = true} : SegmentFlags{.syn = true};
    case v1::PACKET_KIND_DATA:
      return SegmentFlags{.payload = true, .ack = !is_udp};
    case v1::PACKET_KIND_SYN:
    case v1::PACKET_KIND_FIN:
    case v1::PACKET_KIND_RST:
      if (is_udp) break;
      return SegmentFlags{.fin = kind == v1::PACKET_KIND_FIN,
                          .syn = kind == v1::PACKET_KIND_SYN,
                          .rst = kind == v1::PACKET_KIND_RST,
                          .ack = kind == v1::PACKET_KIND_FIN};
    default:
      break;
  }
  return Mistake("packet", static_cast<int>(kind),
                 is_udp ? "UDP has nothing but PACKET_KIND_DATA (2)"
                        : "must be SYN (1), DATA (2), FIN (3) or RST (4)");
}

std::string NameOf(DropReason reason) {
  return std::string(kDropReasons[static_cast<std::size_t>(reason)].name);
}

v1::RowAnswer ToWire(Explanation::Answer answer) {
  switch (answer) {
    case Explanation::Answer::kNone:
      return v1::ROW_ANSWER_NONE;
    case Explanation::Answer::kDecides:
      return v1::ROW_ANSWER_DECIDES;
    case Explanation::Answer::kNotReached:
      return v1::ROW_ANSWER_NOT_REACHED;
  }
  return v1::ROW_ANSWER_UNSPECIFIED;
}

v1::PacketOutcome ToWire(Explanation::Outcome outcome) {
  switch (outcome) {
    case Explanation::Outcome::kForwarded:
      return v1::PACKET_OUTCOME_FORWARDED;
    case Explanation::Outcome::kRefused:
      return v1::PACKET_OUTCOME_REFUSED;
    case Explanation::Outcome::kDropped:
      return v1::PACKET_OUTCOME_DROPPED;
    case Explanation::Outcome::kKernel:
      return v1::PACKET_OUTCOME_KERNEL;
  }
  return v1::PACKET_OUTCOME_UNSPECIFIED;
}

v1::PacketWay ToWire(const Explanation::Verdict::Way& way) {
  v1::PacketWay wire;
  wire.set_step(std::string(kStepNames[static_cast<std::size_t>(way.step)]));
  wire.set_target(way.target);
  wire.set_address(way.address.ToString());
  wire.set_forwarding(std::string(NameOf(way.forwarding)));
  wire.set_port(way.port);
  if (way.gateway) wire.set_gateway(way.gateway->ToString());
  if (way.mac) wire.set_mac(way.mac->ToString());
  wire.set_source_mac(way.source_mac.ToString());
  if (way.forwarding == ForwardingMode::kL2) return wire;
  wire.set_outer_source(way.outer_source.ToString());
  wire.set_outer_destination(way.outer_destination.ToString());
  wire.set_outer_port(way.outer_port);
  return wire;
}

v1::Verdict ToWire(const Explanation::Verdict& verdict) {
  v1::Verdict wire;
  wire.set_outcome(ToWire(verdict.outcome));
  wire.set_explanation(verdict.why);
  if (verdict.drop) wire.set_drop_reason(NameOf(*verdict.drop));
  if (verdict.reply)
    wire.set_reply(std::string(kReplyNames[static_cast<std::size_t>(*verdict.reply)]));
  if (verdict.way) *wire.mutable_way() = ToWire(*verdict.way);
  for (const auto& candidate : verdict.candidates) *wire.add_candidates() = ToWire(candidate);
  return wire;
}

v1::RowFinding ToWire(const Explanation::Finding& finding) {
  v1::RowFinding wire;
  wire.set_row(std::string(kPacketRowNames[static_cast<std::size_t>(finding.row)]));
  wire.set_answer(ToWire(finding.answer));
  wire.set_target(finding.target);
  wire.set_explanation(finding.why);
  return wire;
}

v1::KnownConnection ToWire(const Explanation::Connection& connection) {
  const ConnectionTable::Sighting& sighting = connection.sighting;
  v1::KnownConnection wire;
  wire.set_worker(static_cast<std::uint32_t>(connection.worker));
  wire.set_phase(std::string(kConnectionPhaseNames[NumberOf(sighting.entry.phase)]));
  *wire.mutable_idle() = holdfast::ToWire(absl::Seconds(sighting.idle));
  *wire.mutable_timeout() = holdfast::ToWire(absl::Seconds(sighting.timeout));
  wire.set_expired(sighting.entry.expired);
  wire.set_begins_anew(connection.begins_anew);
  wire.set_target(connection.target);
  return wire;
}

}  // namespace

absl::StatusOr<PacketQuestion> FromWire(const v1::ExplainRequest& wire) {
  const auto flow = FlowFromWire(wire);
  if (!flow.ok()) return flow.status();
  const auto segment = SegmentFromWire(flow->protocol, wire.packet());
  if (!segment.ok()) return segment.status();
  PacketQuestion question{*flow, *segment, std::nullopt};
  if (!wire.has_worker()) return question;
  if (wire.worker() >= kMaxWorkers) return Mistake("worker", wire.worker(), "there is none");
  question.worker = WorkerId(wire.worker());
  return question;
}

void ToWire(const Explanation& explanation, v1::ExplainResponse& wire) {
  wire.set_service(explanation.service);
  wire.set_worker(static_cast<std::uint32_t>(explanation.worker));
  *wire.mutable_verdict() = ToWire(explanation.verdict);
  for (const auto& finding : explanation.findings) *wire.add_findings() = ToWire(finding);
  for (const auto& connection : explanation.connections)
    *wire.add_connections() = ToWire(connection);
  for (const auto& held : explanation.affinities) {
    v1::MatchedAffinity& matched = *wire.add_affinities();
    *matched.mutable_affinity() = ToWire(held.affinity);
    matched.set_excluded(held.excluded);
    matched.set_passed_over(held.passed_over);
  }
}

}  // namespace holdfast
