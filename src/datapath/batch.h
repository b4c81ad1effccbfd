// Batch: the packets that one worker took from one receive queue at once, on
// their way through the stages.
//
// It owns the mbufs from Receive() to Finish(). What became of packets is tallied
// here and added to the worker's counters once, by Finish().
//
// Packets of flows are numbered from 0 in the order of their arrival. Of those that a
// connection has, a batch knows no more than their headers said, side by side in
// arrays; the others get a PacketContext each, and a stage looks at one after the other.
//
// Thread: the worker.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <new>
#include <span>

#include "base/clock.h"
#include "base/ipv4_tuple.h"
#include "datapath/packet_context.h"
#include "datapath/worker_ports.h"
#include "stats/worker_counters.h"
#include "tables/flow_hash.h"
#include "tables/packet_rules.h"
#include "wire/group_parser.h"
#include "wire/parse.h"

namespace holdfast {

class PacketTap;

// The bytes of a frame. Frames are in one mbuf: ports receive no longer ones.
FrameView FrameOf(const rte_mbuf* mbuf);
std::uint8_t* BytesOf(rte_mbuf* mbuf);

// What holds for one batch. The snapshot is taken after the packets were received,
// so that a packet which arrived after a change was acknowledged is judged by it.
struct Turn {
  const Snapshot* snapshot = nullptr;
  CoarseTick now;
  std::uint64_t cycles = 0;  // TSC
};

// ARP, ICMP or ICMPv6: for the balancer itself, or for nobody.
struct LocalContext {
  rte_mbuf* mbuf = nullptr;
  ParsedPacket parsed;
};

// For a VIP, but for none of its services: to be answered.
struct StrayContext {
  rte_mbuf* mbuf = nullptr;
  DropReason reason{};  // it is counted as
  Reply reply{};
};

// What a target sent back by nat: to one of our addresses, and a port that is for replies.
struct ReturnContext {
  enum class Kind : std::uint8_t {
    kPacket,         // whole
    kFirstFragment,  // of `datagram`
    kLaterFragment,
    kError,  // ICMP, about a packet to the target
  };
  rte_mbuf* mbuf = nullptr;
  FlowHash flow = {};                // but of later fragments; SendReturns() finds it
  FlowHash datagram = {};            // of fragments
  WorkerId owner{};                  // of its session
  ServiceSlot service = kNoService;  // once its session is known
  Kind kind = Kind::kPacket;
  SegmentFlags segment = {};
  std::uint32_t length = 0;  // of the frame as it came
};

class Batch {
 public:
  static constexpr std::size_t kCapacity = 64;
  static_assert(IpipCompletions::kCapacity == kCapacity);

  // Where what somebody else received may be put, for Take().
  [[nodiscard]] std::span<rte_mbuf*> to_fill() { return received_; }
  // Takes the first `count` that were put there. REQUIRES: the batch is empty.
  void Take(const WorkerPort& port, std::size_t count);
  // Takes what the worker's queue of `port` has; false when that is nothing.
  // `port` outlives the batch.
  bool Receive(const WorkerPort& port);
  void Judge(const Turn& turn) { turn_ = turn; }

  [[nodiscard]] const WorkerPort& port() const { return *port_; }  // where it was received
  [[nodiscard]] const Turn& turn() const { return turn_; }
  [[nodiscard]] std::span<rte_mbuf* const> received() const { return {received_.data(), size_}; }
  [[nodiscard]] bool full() const { return size_ == kCapacity; }
  [[nodiscard]] std::uint64_t all() const { return FirstBits(size_); }  // a bit for each
  // The device has found the IPv4 header's checksum right, of each.
  [[nodiscard]] bool checksums_known_good() const { return checksums_known_good_; }
  // All of them; the last one again until a group is full.
  [[nodiscard]] FrameGroups frames() const {
    return {frames_.data(), lengths_.data(), (size_ + kGroup - 1) / kGroup * kGroup};
  }

  // ---- packets of flows, by number
  [[nodiscard]] std::size_t flow_count() const { return flow_count_; }
  // Where Parse() puts what it finds of each packet received, before it adds any.
  struct Room {
    ParsedGroups parsed;
    Destination* destinations;
  };
  [[nodiscard]] Room room() {
    return {{tuples_.data(), segments_.data(), &ipip_, clients_.data(), vips_.data()},
            destinations_.data()};
  }
  // All that was received, as it is in the room. `alike`: all are for one destination.
  void AddAllFlows(bool alike) {
    mbufs_ = received_;
    flow_count_ = size_;
    alike_ = alike;
  }
  void AddAllIpv6Flows(bool alike) {
    AddAllFlows(alike);
    ipv6_ = all();
  }
  // One that was received, as it is in the room. REQUIRES: in the order of arrival.
  void AddFlowOfRoom(std::size_t i) {
    if (!tuples_[i].is_ipv4()) NoteIpv6(clients_[i], vips_[i]);
    ipip_.Move(i, flow_count_);
    Append(i, tuples_[i], destinations_[i], segments_[i]);
  }
  void AddFlow(std::size_t i, const FlowKey& key, Destination destination, SegmentFlags segment) {
    if (key.vip.IsV4()) {
      ipip_.Move(i, flow_count_);
      return Append(i, Ipv4Tuple::Of(key), destination, segment);
    }
    NoteIpv6(key.client, key.vip);
    ipip_.CompleteIpv6(flow_count_, frames_[i]);
    Append(i, Ipv4Tuple::InPlaceOf(key), destination, segment);
  }
  [[nodiscard]] rte_mbuf* mbuf(std::size_t i) const { return mbufs_[i]; }
  [[nodiscard]] Destination destination(std::size_t i) const { return destinations_[i]; }
  // Of connections of this service.
  [[nodiscard]] const ConnectionTimeouts& TimeoutsOf(Destination destination) const {
    return turn_.snapshot->timeouts().Of(destination.service());
  }
  [[nodiscard]] SegmentFlags segment(std::size_t i) const { return segments_[i]; }
  // Of its frame as it came, without FCS.
  [[nodiscard]] std::uint32_t length(std::size_t i) const { return lengths_[i]; }
  // Of a flow that is IPv6, what stands in place of its tuple.
  [[nodiscard]] const Ipv4Tuple& tuple(std::size_t i) const { return tuples_[i]; }
  // Bit i: packet i is IPv6. Its key, by number.
  [[nodiscard]] std::uint64_t ipv6() const { return ipv6_; }
  [[nodiscard]] FlowKey ipv6_key(std::size_t i) const {
    return tuples_[i].KeyWith(clients_[i], vips_[i]);
  }
  [[nodiscard]] FlowKey key(std::size_t i) const {
    if (tuples_[i].is_ipv4()) [[likely]]
      return tuples_[i].Key();
    return ipv6_key(i);
  }
  // What completes the outer headers, of each.
  [[nodiscard]] const IpipCompletions& ipip() const { return ipip_; }
  [[nodiscard]] const FlowHash& hash(std::size_t i) const { return hashes_[i]; }
  // How it reaches its target, or nullptr where it has none; valid until the batch is
  // finished. And which step knew that.
  [[nodiscard]] TargetLine* line(std::size_t i) const { return lines_[i]; }
  [[nodiscard]] Step step(std::size_t i) const { return steps_[i]; }
  void SetLine(std::size_t i, TargetLine* line) { lines_[i] = line; }
  [[nodiscard]] std::span<const Ipv4Tuple> tuples() const { return {tuples_.data(), flow_count_}; }
  // By number; those that are IPv4 mean nothing there.
  [[nodiscard]] Ipv6Flows ipv6_flows() const {
    return {{clients_.data(), flow_count_}, {vips_.data(), flow_count_}, tuples()};
  }
  [[nodiscard]] std::span<FlowHash> hashes() { return {hashes_.data(), flow_count_}; }
  // Bit i: SegmentFlags::plain() of packet i.
  [[nodiscard]] std::uint64_t plain() const;
  // What the connection table knows of each; and whether it was asked.
  [[nodiscard]] ConnectionTable::Found& found() { return found_; }
  [[nodiscard]] bool looked_up() const { return looked_up_; }
  void NoteLookedUp() { looked_up_ = true; }

  // All are known to be for one destination, and there are some.
  [[nodiscard]] bool alike() const { return alike_; }
  // A bit for each.
  [[nodiscard]] std::uint64_t flow_bits() const { return FirstBits(flow_count_); }

  // ---- those of them that no connection of this worker has
  // Without a line, until it is decided. In its place: a copy would wait until the parts that it
  // is made from are stored.
  PacketContext& AddUnknown(std::size_t i) {
    lines_[i] = nullptr;
    const bool is_request = IsConnectionRequest(segments_[i], tuples_[i].protocol);
    return *new (&contexts_[unknown_count_++]) PacketContext{.mbuf = mbufs_[i],
                                                             .destination = destinations_[i],
                                                             .segment = segments_[i],
                                                             .number = static_cast<std::uint8_t>(i),
                                                             .is_request = is_request};
  }
  [[nodiscard]] std::span<PacketContext> unknown() { return {contexts_.data(), unknown_count_}; }
  // visit(PacketContext&) for each that is still open.
  template <typename Visit>
  void ForEachOpen(Visit visit) {
    for (PacketContext& packet : unknown())
      if (packet.state == PacketState::kOpen) visit(packet);
  }
  // Gives those that were decided their lines and steps.
  void NoteDecided() {
    for (const PacketContext& packet : unknown()) {
      if (packet.state != PacketState::kDecided) continue;
      lines_[packet.number] = packet.line;
      steps_[packet.number] = packet.step;
    }
  }
  [[nodiscard]] const Ipv4Tuple& tuple(const PacketContext& packet) const {
    return tuples_[packet.number];
  }
  [[nodiscard]] FlowKey key(const PacketContext& packet) const { return key(packet.number); }
  [[nodiscard]] const FlowHash& hash(const PacketContext& packet) const {
    return hashes_[packet.number];
  }
  [[nodiscard]] const ServiceView& service(const PacketContext& packet) const {
    return turn_.snapshot->service(packet.destination.service());
  }

  // Where its service's ring has its target; nullptr where the ring is empty.
  [[nodiscard]] const std::uint16_t*& ring_entry(const PacketContext& packet) {
    return ring_entries_[packet.number];
  }

  // ---- fragments
  struct FirstFragment {
    FlowHash datagram;
    std::uint8_t number = 0;  // among the flows
  };
  // Of the flow that was added last.
  void NoteFirstFragment(const FlowHash& datagram) {
    first_fragments_[first_fragment_count_++] = {datagram,
                                                 static_cast<std::uint8_t>(flow_count_ - 1)};
  }
  [[nodiscard]] std::span<const FirstFragment> first_fragments() const {
    return {first_fragments_.data(), first_fragment_count_};
  }
  void NoteLaterFragment() { has_later_fragments_ = true; }
  [[nodiscard]] bool has_later_fragments() const { return has_later_fragments_; }
  // One that was received waits elsewhere, or is handed over, and counts when it is received
  // again.
  void NoteHeld(const rte_mbuf* mbuf);
  void NoteHandedOver(const rte_mbuf* mbuf);

  // ---- by nat, from targets. `key`: of kLaterFragment anything.
  void AddReturn(const ReturnContext& packet, const FlowKey& key) {
    return_keys_[return_count_] = key;
    returns_[return_count_++] = packet;
  }
  [[nodiscard]] std::span<ReturnContext> returns() { return {returns_.data(), return_count_}; }
  [[nodiscard]] std::span<const FlowKey> return_keys() const {
    return {return_keys_.data(), return_count_};
  }

  // ---- the others
  void AddLocal(rte_mbuf* mbuf, const ParsedPacket& parsed) {
    locals_[local_count_++] = {mbuf, parsed};
  }
  [[nodiscard]] std::span<LocalContext> locals() { return {locals_.data(), local_count_}; }
  // What the kernel should have.
  void AddForKernel(rte_mbuf* mbuf) { for_kernel_[for_kernel_count_++] = mbuf; }
  [[nodiscard]] std::span<rte_mbuf* const> for_kernel() const {
    return {for_kernel_.data(), for_kernel_count_};
  }

  void AddStray(const StrayContext& stray) { strays_[stray_count_++] = stray; }
  [[nodiscard]] std::span<const StrayContext> strays() const {
    return {strays_.data(), stray_count_};
  }

  // ---- ends
  void Drop(PacketContext& packet, DropReason reason) {
    packet.state = PacketState::kDropped;
    Drop(packet.mbuf, reason);
  }
  void Drop(rte_mbuf* mbuf, DropReason reason) { Drop(mbuf, reason, mbuf); }
  // The same of `received`, which has become `mbuf`.
  void Drop(rte_mbuf* mbuf, DropReason reason, const rte_mbuf* received) {
    Count(reason, received);
    discarded_[discarded_count_++] = mbuf;
  }
  void Consume(rte_mbuf* mbuf, LocalPacket kind) {
    Count(kind, mbuf);
    discarded_[discarded_count_++] = mbuf;
  }
  // What it was goes on in other buffers.
  void Discard(rte_mbuf* mbuf) { discarded_[discarded_count_++] = mbuf; }
  // It has become an answer to its sender.
  void Reply(rte_mbuf* mbuf, holdfast::Reply kind) {
    replies_[reply_count_++] = {mbuf, kind};
    Tell(mbuf, kind);
  }
  struct ReplyContext {
    rte_mbuf* mbuf = nullptr;
    holdfast::Reply kind = holdfast::Reply::kArpReply;
  };
  [[nodiscard]] std::span<const ReplyContext> replies() const {
    return {replies_.data(), reply_count_};
  }

  // The end of what was received as `mbuf`.
  void Count(DropReason reason, const rte_mbuf* mbuf) {
    ++drops_[static_cast<std::size_t>(reason)], ++rare_;
    Tell(mbuf, reason);
  }
  void Count(LocalPacket kind, const rte_mbuf* mbuf) {
    ++local_[static_cast<std::size_t>(kind)], ++rare_;
    Tell(mbuf, kind);
  }
  void Count(holdfast::Reply kind) { ++reply_tallies_[static_cast<std::size_t>(kind)], ++rare_; }
  void CountSent(std::size_t packets) { sent_ += packets; }

  // Who is told of each end, while an operator captures packets; else nullptr.
  [[nodiscard]] PacketTap* tap() const { return tap_; }
  void SetTap(PacketTap* tap) { tap_ = tap; }

  // Adds what was tallied to `counters`, frees what was discarded. The batch is empty.
  void Finish(WorkerCounters& counters);

 private:
  // The next flow is.
  void NoteIpv6(const IpAddress& client, const IpAddress& vip) {
    ipv6_ |= std::uint64_t{1} << flow_count_;
    clients_[flow_count_] = client;
    vips_[flow_count_] = vip;
  }
  void Append(std::size_t i, const Ipv4Tuple& tuple, Destination destination,
              SegmentFlags segment) {
    mbufs_[flow_count_] = received_[i];
    lengths_[flow_count_] = lengths_[i];
    tuples_[flow_count_] = tuple;
    destinations_[flow_count_] = destination;
    segments_[flow_count_] = segment;
    ++flow_count_;
  }
  static std::uint64_t FirstBits(std::size_t count) {
    return (std::uint64_t{count < kCapacity} << count % kCapacity) - 1;
  }
  template <typename End>
  void Tell(const rte_mbuf* mbuf, End end) {
    if (tap_ != nullptr) [[unlikely]]
      TellTap(mbuf, end);
  }
  template <typename End>
  void TellTap(const rte_mbuf* mbuf, End end);
  void ListFrames();
  void AddRareTallies(WorkerCounters& counters);

  const WorkerPort* port_ = nullptr;
  PacketTap* tap_ = nullptr;
  Turn turn_;
  std::size_t size_ = 0;
  std::size_t flow_count_ = 0;
  std::size_t unknown_count_ = 0;
  std::size_t local_count_ = 0;
  std::size_t return_count_ = 0;
  std::size_t stray_count_ = 0;
  std::size_t for_kernel_count_ = 0;
  std::size_t reply_count_ = 0;
  std::size_t discarded_count_ = 0;
  std::size_t first_fragment_count_ = 0;
  std::size_t held_count_ = 0;
  std::size_t sent_ = 0;
  std::uint64_t ipv6_ = 0;
  std::size_t rare_ = 0;  // tallies below that are not zero, or more
  std::array<std::uint32_t, kDropReasons.size()> drops_{};
  std::array<std::uint32_t, kLocalPacketNames.size()> local_{};
  std::array<std::uint32_t, kReplyNames.size()> reply_tallies_{};

  bool checksums_known_good_ = false;
  bool looked_up_ = false;
  bool alike_ = false;
  bool has_later_fragments_ = false;

  std::array<rte_mbuf*, kCapacity> received_;
  std::array<const std::uint8_t*, kCapacity> frames_;
  std::array<std::uint32_t, kCapacity> lengths_;  // of frames; once parsed, of flows
  std::array<rte_mbuf*, kCapacity> mbufs_;
  alignas(64) std::array<Ipv4Tuple, kCapacity> tuples_;
  alignas(64) std::array<FlowHash, kCapacity> hashes_;
  IpipCompletions ipip_;
  std::array<TargetLine*, kCapacity> lines_;
  std::array<Step, kCapacity> steps_{};  // of the unknown ones; else kConnection
  ConnectionTable::Found found_;
  std::array<Destination, kCapacity> destinations_;
  alignas(16) std::array<SegmentFlags, kCapacity> segments_{};
  alignas(64) std::array<PacketContext, kCapacity> contexts_;
  std::array<const std::uint16_t*, kCapacity> ring_entries_;
  alignas(64) std::array<IpAddress, kCapacity> clients_;  // of flows that are IPv6
  alignas(64) std::array<IpAddress, kCapacity> vips_;
  std::array<LocalContext, kCapacity> locals_;
  std::array<StrayContext, kCapacity> strays_;
  std::array<ReturnContext, kCapacity> returns_;
  std::array<FlowKey, kCapacity> return_keys_;
  std::array<rte_mbuf*, kCapacity> for_kernel_;
  std::array<ReplyContext, kCapacity> replies_;
  std::array<FirstFragment, kCapacity> first_fragments_;
  std::array<rte_mbuf*, kCapacity> discarded_;
};

}  // namespace holdfast
