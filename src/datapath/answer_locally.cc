#include "datapath/stages.h"
#include "wire/arp.h"
#include "wire/icmp.h"

namespace holdfast {
namespace {

// What a stage needs to answer, in one place.
struct Local {
  Batch& batch;
  const Turn& turn;
  const WorkerPorts& ports;
  NeighbourEventRing& events;
  WorkerCounters& counters;

  [[nodiscard]] bool Has(const IpAddress& address) const {
    return turn.snapshot->IsVip(address) || ports.Own(address);
  }
};

// A host that says who has its own address: RFC 5227's announcement.
bool IsAnnouncement(const ArpMessage& message) { return message.sender_ip == message.target_ip; }

void TellManagement(Local& local, const ArpMessage& message) {
  if (message.sender_ip == IpAddress::FromV4(0)) return;  // a probe claims nothing
  const NeighbourEvent event{
      .address = message.sender_ip, .mac = message.sender_mac, .port = local.batch.port().index};
  if (!local.events.Push(event)) local.counters.neighbour_events_lost.Add(1);
}

void Consume(Local& local, PacketContext& packet, LocalPacket kind) {
  local.batch.Count(kind);
  packet.state = PacketState::kConsumed;
}

void AnswerArp(Local& local, PacketContext& packet) {
  const auto message = ParseArp(FrameOf(packet));
  if (!message) return local.batch.Drop(packet, DropReason::kArp);
  const bool request = message->operation == ArpOperation::kRequest;
  const bool for_us =
      local.turn.snapshot->IsVip(message->target_ip) || local.batch.port().Owns(message->target_ip);
  if (!for_us && !IsAnnouncement(*message))
    return Consume(local, packet, LocalPacket::kArpOfOthers);
  // A stranger that claims one of our addresses is not believed.
  if (!local.Has(message->sender_ip)) TellManagement(local, *message);
  Consume(local, packet, request ? LocalPacket::kArpRequest : LocalPacket::kArpReply);
  if (!request || !for_us || IsAnnouncement(*message)) return;
  TurnIntoArpReply(BytesOf(packet), local.batch.port().mac);
  packet.BecomeReply(Reply::kArpReply);
}

void AnswerIcmp(Local& local, PacketContext& packet) {
  if (!local.Has(packet.parsed.key.vip))
    return local.batch.Drop(packet, DropReason::kNotOurAddress);
  if (local.Has(packet.parsed.key.client) ||
      local.batch.port().IsBroadcast(packet.parsed.key.client))
    return local.batch.Drop(packet, DropReason::kMartianSource);
  if (!IsValidEchoRequest(FrameOf(packet), packet.parsed))
    return local.batch.Drop(packet, DropReason::kIcmp);
  local.batch.Count(LocalPacket::kEchoRequest);
  TurnIntoEchoReply(BytesOf(packet), packet.parsed, local.batch.port().mac);
  packet.BecomeReply(Reply::kEchoReply);
}

}  // namespace

void AnswerLocally(Batch& batch, const Turn& turn, const WorkerPorts& ports,
                   NeighbourEventRing& events, WorkerCounters& counters) {
  Local local{batch, turn, ports, events, counters};
  for (PacketContext& packet : batch.packets()) {
    if (!packet.open() || packet.parsed.kind == PacketKind::kFlow) continue;
    if (packet.parsed.kind == PacketKind::kArp)
      AnswerArp(local, packet);
    else
      AnswerIcmp(local, packet);
  }
}

}  // namespace holdfast
