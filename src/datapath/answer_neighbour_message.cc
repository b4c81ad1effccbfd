#include "datapath/local_packets.h"
#include "datapath/punt.h"
#include "datapath/replace_frame.h"
#include "wire/neighbour_discovery.h"

namespace holdfast {
namespace {

// The kernel has a table of neighbours, too, and may have addresses that we know nothing of.
void ForOthers(Batch& batch, rte_mbuf* mbuf, LocalPacket kind) {
  if (batch.port().shares_with_kernel()) return batch.AddForKernel(mbuf);
  batch.Consume(mbuf, kind);
}

void AnswerSolicitation(Local& local, rte_mbuf* mbuf, const NeighbourMessage& message) {
  Batch& batch = local.batch;
  const MacAddress sender = Load<EthernetHeader>(BytesOf(mbuf)).source;
  if (local.Has(message.source))
    return local.RefuseClaim(mbuf, message.source, message.mac.value_or(sender),
                             LocalPacket::kSolicitationOfOthers);
  if (!local.AnswersFor(message.target))
    return ForOthers(batch, mbuf, LocalPacket::kSolicitationOfOthers);
  if (message.mac) local.TellManagement({.address = message.source, .mac = *message.mac});
  batch.Count(LocalPacket::kNeighbourSolicitation, mbuf);
  std::array<std::uint8_t, kNeighbourFrame> answer;
  WriteNeighbourAdvertisement(answer.data(), batch.port().mac, message, sender);
  ReplaceFrame(mbuf, answer);
  batch.Reply(mbuf, Reply::kNeighbourAdvertisement);
}

// RFC 4861, 7.2.5. One without a MAC says nothing that is asked for.
void HearAdvertisement(Local& local, rte_mbuf* mbuf, const NeighbourMessage& message) {
  const MacAddress sender = Load<EthernetHeader>(BytesOf(mbuf)).source;
  if (local.Has(message.target))
    return local.RefuseClaim(mbuf, message.target, message.mac.value_or(sender),
                             LocalPacket::kNeighbourAdvertisement);
  using Kind = NeighbourEvent::Kind;
  if (message.mac)
    local.TellManagement({.address = message.target,
                          .mac = *message.mac,
                          .kind = message.overrides ? Kind::kHeard : Kind::kHeardAgain});
  ForOthers(local.batch, mbuf, LocalPacket::kNeighbourAdvertisement);
}

}  // namespace

void AnswerNeighbourMessage(Local& local, rte_mbuf* mbuf, const ParsedPacket& packet) {
  const IpAddress& destination = packet.key.vip;
  if (!destination.IsMulticast() && !local.Has(destination))
    return PuntOrDrop(local.batch, mbuf, DropReason::kNotOurAddress);
  const auto message = ParseNeighbourMessage(FrameOf(mbuf), packet);
  if (!message) return local.batch.Drop(mbuf, DropReason::kNeighbourDiscovery);
  if (message->is_solicitation)
    AnswerSolicitation(local, mbuf, *message);
  else
    HearAdvertisement(local, mbuf, *message);
}

}  // namespace holdfast
