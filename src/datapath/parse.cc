#include <rte_mbuf.h>
#include <smmintrin.h>

#include <algorithm>

#include "datapath/punt.h"
#include "datapath/stages.h"
#include "wire/ordinary_ipv6.h"

namespace holdfast {
namespace {

const GroupParser kParser = GroupParsers().front();

// Bit i: words[i] is `word`. REQUIRES: `count` is a multiple of four.
std::uint64_t WordsEqualTo(std::uint32_t word, const Destination* words, std::size_t count) {
  static_assert(sizeof(Destination) == sizeof word);
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(word));
  std::uint64_t equal = 0;
  for (std::size_t i = 0; i < count; i += 4) {
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(words + i));
    const int bits = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(four, wanted)));
    equal |= static_cast<std::uint64_t>(bits) << i;
  }
  return equal;
}

bool DeviceFoundChecksumGood(const rte_mbuf* mbuf) {
  return (mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

// What no service is for: waits for its answer, is the kernel's, or is dropped.
void TurnAway(Batch& batch, rte_mbuf* mbuf, const FlowKey& flow, SegmentFlags segment,
              const WorkerPorts& ports) {
  const Stray stray = JudgeStray(
      flow, segment, *batch.turn().snapshot,
      [&](const IpAddress& address) { return ports.Own(address); },
      [&](const IpAddress& address) { return batch.port().IsBroadcast(address); });
  if (!stray.reply) return PuntOrDrop(batch, mbuf, stray.reason);
  batch.AddStray({.mbuf = mbuf, .reason = stray.reason, .reply = *stray.reply});
}

// What a packet is asked about besides services.
struct Askers {
  const WorkerPorts& ports;
  Fragments& fragments;
  const Nat& nat;
};

// For no service: it may have come back by nat.
bool AddReturn(Batch& batch, std::size_t i, const FlowKey& key, SegmentFlags segment,
               const Nat& nat) {
  if (!nat.TakesReplies(key.vip, key.vip_port)) return false;
  batch.AddReturn({.mbuf = batch.received()[i],
                   .owner = nat.OwnerOf(key.vip_port),
                   .kind = ReturnContext::Kind::kPacket,
                   .segment = segment,
                   .length = FrameOf(batch.received()[i]).length},
                  key);
  return true;
}

bool AddReturnOfRoom(Batch& batch, std::size_t i, const Nat& nat) {
  const ParsedGroups& parsed = batch.room().parsed;
  if (!nat.enabled() || !nat.TakesReplies(parsed.tuples[i])) return false;
  return AddReturn(batch, i, parsed.tuples[i].Key(), parsed.segments[i], nat);
}

// False: turned away.
bool AddOrTurnAway(Batch& batch, std::size_t i, const FlowKey& key, SegmentFlags segment,
                   const Askers& askers) {
  const Destination destination = batch.turn().snapshot->Classify(key);
  if (destination.exists())
    batch.AddFlow(i, key, destination, segment);
  else if (!AddReturn(batch, i, key, segment, askers.nat))
    TurnAway(batch, batch.received()[i], key, segment, askers.ports);
  return destination.exists();
}

// Its later ones are told at once: they may be in this batch, and are for the same worker.
void NoteFirstFragmentOfReturn(Batch& batch, const FlowHash& datagram, Fragments& fragments) {
  ReturnContext& packet = batch.returns().back();
  packet.kind = ReturnContext::Kind::kFirstFragment;
  packet.datagram = datagram;
  const auto owner = static_cast<std::uint32_t>(Index(packet.owner));
  fragments.Remember(datagram, {Destination::FromWord(owner), {}}, batch.turn().now);
}

void AddFirstFragment(Batch& batch, std::size_t i, const ParsedPacket& packet,
                      const Askers& askers) {
  const FlowHash datagram = askers.fragments.HashOf(Fragments::DatagramOf(packet));
  const std::size_t returns = batch.returns().size();
  if (AddOrTurnAway(batch, i, packet.key, packet.segment, askers))
    batch.NoteFirstFragment(datagram);
  else if (batch.returns().size() != returns)
    NoteFirstFragmentOfReturn(batch, datagram, askers.fragments);
}

// The first one leads; a later one follows it.
void AddFragment(Batch& batch, std::size_t i, const ParsedPacket& packet, const Askers& askers) {
  const auto& [ports, fragments, nat] = askers;
  if (packet.kind == PacketKind::kFlow) return AddFirstFragment(batch, i, packet, askers);
  rte_mbuf* const mbuf = batch.received()[i];
  if (batch.turn().snapshot->IsVip(packet.key.vip)) {
    if (!AddLaterFragment(batch, i, packet, fragments)) batch.Drop(mbuf, DropReason::kFragment);
    return;
  }
  const bool is_own = ports.Own(packet.key.vip);
  if (!is_own || !nat.enabled() || !AddLaterFragmentOfReturn(batch, i, packet, fragments))
    PuntOrDrop(batch, mbuf, WhyNoService(is_own));
}

void SortOut(Batch& batch, std::size_t i, const Askers& askers) {
  rte_mbuf* const mbuf = batch.received()[i];
  batch.room().parsed.ipip->Complete(i, BytesOf(mbuf));  // there may have been no ParseIpv4()
  const ParsedPacket packet =
      ParseFrame(FrameOf(mbuf), batch.port().mac, DeviceFoundChecksumGood(mbuf));
  if (packet.kind == PacketKind::kDrop) return PuntOrDrop(batch, mbuf, packet.drop);
  if (packet.is_fragment) return AddFragment(batch, i, packet, askers);
  if (packet.kind == PacketKind::kFlow)
    return void(AddOrTurnAway(batch, i, packet.key, packet.segment, askers));
  const bool is_icmp = packet.kind == PacketKind::kIcmp || packet.kind == PacketKind::kIcmpV6;
  const bool goes_on = is_icmp && (AddIcmpError(batch, i, packet, askers.nat) ||
                                   AddEchoRequest(batch, i, packet, askers.ports));
  if (!goes_on) batch.AddLocal(mbuf, packet);
}

// Looks IPv6 destinations up. Packets of a batch often are for the same service.
class Ipv6Classifier {
 public:
  explicit Ipv6Classifier(const Snapshot& snapshot) : snapshot_(snapshot) {}

  Destination Find(const FlowKey& flow) {
    const bool same =
        flow.vip == last_.vip && flow.vip_port == last_.vip_port && flow.protocol == last_.protocol;
    if (same) [[likely]]
      return destination_;
    last_ = flow;
    destination_ = snapshot_.Classify(flow);
    return destination_;
  }

 private:
  const Snapshot& snapshot_;
  FlowKey last_;  // of no flow: its VIP is nobody's
  Destination destination_;
};

// As ordinary IPv6 for a service, or back by nat; false when it is neither.
bool AddOrdinaryIpv6(Batch& batch, std::size_t i, const OwnMac& own_mac, Ipv6Classifier& classifier,
                     const Nat& nat) {
  FlowKey key;
  SegmentFlags segment;
  const FrameGroups frames = batch.frames();
  if (!ParseOrdinaryIpv6({frames.data[i], frames.lengths[i]}, own_mac, key, segment)) return false;
  const Destination destination = classifier.Find(key);
  if (!destination.exists()) return AddReturn(batch, i, key, segment, nat);
  batch.AddFlow(i, key, destination, segment);
  return true;
}

// Whether all go to the same address, port and protocol, as packets of a batch often do.
bool AreAlike(const Ipv4Tuple* tuples, std::size_t count) {
  const std::uint64_t first = tuples->endpoint();
  std::uint64_t different = 0;
  for (std::size_t i = 1; i < count; ++i) different |= tuples[i].endpoint() ^ first;
  return different == 0;
}

bool AreAlike(const IpAddress* addresses, std::size_t count) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(addresses));
  __m128i different = _mm_setzero_si128();
  for (std::size_t i = 1; i < count; ++i) {
    const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(addresses + i));
    different = _mm_or_si128(different, _mm_xor_si128(next, first));
  }
  return _mm_testz_si128(different, different) != 0;
}

struct Classified {
  std::uint64_t flows = 0;  // bit i: there is a service for packet i, as nearly all have it
  bool alike = false;       // they are known to be for the same destination
};

// Of the room's `count` packets.
Classified Classify(const Batch::Room& room, std::size_t count, const Snapshot& snapshot) {
  const WordMap::View endpoints = snapshot.service_map().endpoints();
  if (AreAlike(room.parsed.tuples, count)) [[likely]] {
    const auto destination = Destination::FromWord(endpoints.Find(room.parsed.tuples->endpoint()));
    std::fill_n(room.destinations, count, destination);
    return {.flows = destination.exists() ? ~std::uint64_t{0} : 0, .alike = true};
  }
  for (std::size_t i = 0; i < count; ++i)
    room.destinations[i] = Destination::FromWord(endpoints.Find(room.parsed.tuples[i].endpoint()));
  return {.flows = ~WordsEqualTo(WordMap::kNone, room.destinations, count)};
}

// The same of IPv6.
Classified ClassifyIpv6(const Batch::Room& room, std::size_t count, const Snapshot& snapshot) {
  const auto key = [&](std::size_t i) {
    return room.parsed.tuples[i].KeyWith(room.parsed.clients[i], room.parsed.vips[i]);
  };
  if (AreAlike(room.parsed.tuples, count) && AreAlike(room.parsed.vips, count)) [[likely]] {
    const Destination destination = snapshot.Classify(key(0));
    std::fill_n(room.destinations, count, destination);
    return {.flows = destination.exists() ? ~std::uint64_t{0} : 0, .alike = true};
  }
  Ipv6Classifier classifier(snapshot);
  for (std::size_t i = 0; i < count; ++i) room.destinations[i] = classifier.Find(key(i));
  return {.flows = ~WordsEqualTo(WordMap::kNone, room.destinations, count)};
}

// Bit i: there is a service for packet i all the same. `missing`: those to look for.
std::uint64_t ClassifyWide(const Batch::Room& room, std::uint64_t missing, const ServiceMap& map) {
  std::uint64_t found = 0;
  for (std::uint64_t left = missing; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    room.destinations[i] = map.ClassifyWide(room.parsed.tuples[i]);
    found |= static_cast<std::uint64_t>(room.destinations[i].exists()) << i;
  }
  return found;
}

// In the order of arrival. The room is filled up from its beginning: a packet never
// goes where one is that was not looked at yet.
// `ordinary`: those that the room knows, but for whether they have a service.
[[gnu::noinline]] void AddAsTheyAre(Batch& batch, std::uint64_t flows, std::uint64_t ordinary,
                                    const Askers& askers) {
  const OwnMac own_mac(batch.port().mac);
  Ipv6Classifier classifier(*batch.turn().snapshot);
  for (std::size_t i = 0; i < batch.received().size(); ++i) {
    if ((flows >> i & 1) != 0)
      batch.AddFlowOfRoom(i);
    else if ((ordinary >> i & 1) != 0 && AddReturnOfRoom(batch, i, askers.nat))
      continue;
    else if (!AddOrdinaryIpv6(batch, i, own_mac, classifier, askers.nat))
      SortOut(batch, i, askers);
  }
}

// By its first frame, its last one and one between.
bool LooksLikeIpv6(const Batch& batch) {
  const FrameGroups frames = batch.frames();
  const std::size_t last = batch.received().size() - 1;
  return ordinary::IsIpv6(frames.data[0]) && ordinary::IsIpv6(frames.data[last / 2]) &&
         ordinary::IsIpv6(frames.data[last]);
}

[[gnu::noinline]] void ParseIpv6(Batch& batch, const Askers& askers) {
  const Batch::Room room = batch.room();
  const FrameGroups frames = batch.frames();
  const std::uint64_t ordinary = kParser.parse_ipv6(frames, OwnMac(batch.port().mac), room.parsed);
  const Classified classified = ClassifyIpv6(room, frames.count, *batch.turn().snapshot);
  const std::uint64_t flows = ordinary & classified.flows & batch.all();
  if (flows == batch.all()) [[likely]]
    batch.AddAllIpv6Flows(classified.alike);
  else
    AddAsTheyAre(batch, flows, 0, askers);
}

// `flows`: those whose services are known; `missing`: the other ordinary packets.
[[gnu::noinline]] void AddOthers(Batch& batch, std::uint64_t flows, std::uint64_t missing,
                                 const Askers& askers) {
  const ServiceMap& map = batch.turn().snapshot->service_map();
  if (map.HasWidePlaces()) flows |= ClassifyWide(batch.room(), missing, map);
  if (flows == batch.all())
    batch.AddAllFlows(false);
  else
    AddAsTheyAre(batch, flows, missing, askers);
}

}  // namespace

void Parse(Batch& batch, const WorkerPorts& ports, Fragments& fragments, const Nat& nat) {
  const Askers askers{ports, fragments, nat};
  if (LooksLikeIpv6(batch)) [[unlikely]]
    return ParseIpv6(batch, askers);
  const Batch::Room room = batch.room();
  const FrameGroups frames = batch.frames();
  const std::uint64_t all = batch.all();
  const std::uint64_t ordinary =
      kParser.parse(frames, OwnMac(batch.port().mac), batch.checksums_known_good(), room.parsed);
  const Classified classified = Classify(room, frames.count, *batch.turn().snapshot);
  const std::uint64_t flows = ordinary & classified.flows;
  if ((flows & all) == all) [[likely]]
    batch.AddAllFlows(classified.alike);
  else
    AddOthers(batch, flows & all, ordinary & ~flows & all, askers);
}

}  // namespace holdfast
