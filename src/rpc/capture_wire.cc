#include "rpc/capture_wire.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control/capture_wording.h"
#include "rpc/to_wire.h"
#include "rpc/wire_fields.h"
#include "wire/frame_glance.h"

namespace holdfast {
namespace {

absl::StatusOr<IpPrefix> ClientFromWire(const std::string& text) {
  if (const auto host = IpAddress::Parse(text); host.ok())
    return IpPrefix{*host, host->HostPrefixLength()};
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix.ok()) return Mistake("client", Quoted(text), "must be an address or a prefix");
  if (!prefix->IsCanonical())
    return Mistake("client", Quoted(text), "has bits set outside the prefix");
  return *prefix;
}

absl::StatusOr<CaptureProtocol> CaptureProtocolFromWire(v1::CaptureProtocol wire) {
  switch (wire) {
    case v1::CAPTURE_PROTOCOL_TCP:
      return CaptureProtocol::kTcp;
    case v1::CAPTURE_PROTOCOL_UDP:
      return CaptureProtocol::kUdp;
    case v1::CAPTURE_PROTOCOL_ICMP:
      return CaptureProtocol::kIcmp;
    default:
      return Mistake("protocol", static_cast<int>(wire), "must be TCP (1), UDP (2) or ICMP (3)");
  }
}

absl::StatusOr<DropReason> DropReasonFromWire(const std::string& name) {
  const auto found =
      std::find_if(kDropReasons.begin(), kDropReasons.end(),
                   [&](const DropReasonName& reason) { return reason.name == name; });
  if (found != kDropReasons.end()) return static_cast<DropReason>(found - kDropReasons.begin());
  const auto append = [](std::string* out, const DropReasonName& reason) {
    absl::StrAppend(out, std::string(reason.name));
  };
  return Mistake("drop_reason", Quoted(name),
                 absl::StrCat("there are ", absl::StrJoin(kDropReasons, ", ", append)));
}

// Puts what `from` says, if it is there, into `field`.
template <typename Value, typename From>
absl::Status Put(bool is_there, From from, std::optional<Value>& field) {
  if (!is_there) return absl::OkStatus();
  auto value = from();
  if (value.ok()) field = *value;
  return value.status();
}

absl::Status PutHeaders(const v1::CaptureRequest& wire, CaptureFilter& filter) {
  absl::Status status = Put(
      !wire.client().empty(), [&] { return ClientFromWire(wire.client()); }, filter.client);
  status.Update(Put(
      !wire.vip().empty(), [&] { return AddressFromWire("vip", wire.vip()); }, filter.vip));
  status.Update(Put(
      wire.protocol() != v1::CAPTURE_PROTOCOL_UNSPECIFIED,
      [&] { return CaptureProtocolFromWire(wire.protocol()); }, filter.protocol));
  if (wire.port() > std::numeric_limits<std::uint16_t>::max())
    status.Update(Mistake("port", wire.port(), "a port is 1 to 65535"));
  if (wire.port() != 0) filter.port = static_cast<std::uint16_t>(wire.port());
  return status;
}

absl::Status PutLimits(const v1::CaptureRequest& wire, CaptureLimits& limits) {
  if (wire.snap() != 0) limits.snap = wire.snap();
  if (wire.count() != 0) limits.count = wire.count();
  if (limits.snap < CaptureLimits::kLeastSnap || limits.snap > CaptureLimits::kMostSnap)
    return Mistake("snap", limits.snap,
                   absl::StrCat("must be ", CaptureLimits::kLeastSnap, " to ",
                                CaptureLimits::kMostSnap, " bytes of each packet"));
  if (limits.count > CaptureLimits::kMostCount)
    return Mistake("count", limits.count,
                   absl::StrCat("must be at most ", CaptureLimits::kMostCount, " packets"));
  return absl::OkStatus();
}

absl::Status PutDuration(const v1::CaptureRequest& wire, absl::Duration& duration) {
  const auto asked = DurationFromWire("duration", wire.duration());
  if (!asked.ok()) return asked.status();
  if (*asked > CaptureOrder::kMostTime)
    return Mistake("duration", absl::FormatDuration(*asked),
                   absl::StrCat("must be at most ", absl::FormatDuration(CaptureOrder::kMostTime)));
  if (*asked != absl::ZeroDuration()) duration = *asked;
  return absl::OkStatus();
}

v1::PacketOutcome OutcomeOf(const CaptureVerdict& verdict) {
  switch (verdict.fate) {
    case CaptureFate::kForwarded:
      return v1::PACKET_OUTCOME_FORWARDED;
    case CaptureFate::kDropped:
      return verdict.drop == DropReason::kNoTarget ? v1::PACKET_OUTCOME_REFUSED
                                                   : v1::PACKET_OUTCOME_DROPPED;
    case CaptureFate::kLocal:
      return verdict.local == LocalPacket::kKernel ? v1::PACKET_OUTCOME_KERNEL
                                                   : v1::PACKET_OUTCOME_LOCAL;
    case CaptureFate::kHeld:
      return v1::PACKET_OUTCOME_HELD;
    case CaptureFate::kHandedOver:
      return v1::PACKET_OUTCOME_HANDED_OVER;
    case CaptureFate::kReturned:
      return v1::PACKET_OUTCOME_RETURNED;
    case CaptureFate::kUnknown:
      break;
  }
  return v1::PACKET_OUTCOME_UNSPECIFIED;
}

v1::Verdict VerdictToWire(const CapturedPacket& packet) {
  const CaptureVerdict& verdict = packet.verdict;
  v1::Verdict wire;
  wire.set_outcome(OutcomeOf(verdict));
  wire.set_explanation(InWords(packet));
  if (verdict.fate == CaptureFate::kDropped)
    wire.set_drop_reason(std::string(kDropReasons[static_cast<std::size_t>(verdict.drop)].name));
  if (verdict.reply)
    wire.set_reply(std::string(kReplyNames[static_cast<std::size_t>(*verdict.reply)]));
  if (!verdict.target) return wire;
  wire.mutable_way()->set_step(std::string(kStepNames[static_cast<std::size_t>(verdict.step)]));
  wire.mutable_way()->set_target(packet.target);
  return wire;
}

}  // namespace

absl::StatusOr<CaptureOrder> FromWire(const v1::CaptureRequest& wire) {
  CaptureOrder order;
  CaptureFilter& filter = order.filter;
  absl::Status status = PutHeaders(wire, filter);
  status.Update(Put(
      !wire.drop_reason().empty(), [&] { return DropReasonFromWire(wire.drop_reason()); },
      filter.drop_reason));
  status.Update(PutLimits(wire, order.limits));
  status.Update(PutDuration(wire, order.duration));
  if (wire.has_worker() && wire.worker() >= kMaxWorkers)
    status.Update(Mistake("worker", wire.worker(), "there is none"));
  if (!status.ok()) return status;
  filter.drops_only = wire.drops_only();
  if (wire.has_worker()) filter.worker = WorkerId(wire.worker());
  return order;
}

v1::CaptureStarted ToWire(const CaptureOrder& order, const std::vector<CaptureDesk::Port>& ports) {
  v1::CaptureStarted wire;
  for (const CaptureDesk::Port& port : ports) {
    v1::CapturedPort& added = *wire.add_ports();
    added.set_name(port.name);
    added.set_mac(port.mac.ToString());
  }
  wire.set_snap(order.limits.snap);
  wire.set_count(order.limits.count);
  *wire.mutable_duration() = ToWire(order.duration);
  return wire;
}

v1::CapturedPacket ToWire(const CapturedPacket& packet, const std::string& port) {
  v1::CapturedPacket wire;
  const std::int64_t nanoseconds = absl::ToUnixNanos(packet.received);
  constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
  wire.mutable_received()->set_seconds(nanoseconds / kNanosPerSecond);
  wire.mutable_received()->set_nanos(static_cast<std::int32_t>(nanoseconds % kNanosPerSecond));
  wire.set_worker(static_cast<std::uint32_t>(packet.worker));
  wire.set_port(port);
  wire.set_length(packet.length);
  wire.set_data(packet.bytes);
  const FrameView frame{reinterpret_cast<const std::uint8_t*>(packet.bytes.data()),
                        static_cast<std::uint32_t>(packet.bytes.size())};
  wire.set_flow(FrameGlance::At(frame).ToString());
  *wire.mutable_verdict() = VerdictToWire(packet);
  return wire;
}

v1::CaptureEndReason ToWire(CaptureEnd end) {
  return end == CaptureEnd::kCount ? v1::CAPTURE_END_REASON_COUNT : v1::CAPTURE_END_REASON_DURATION;
}

}  // namespace holdfast
