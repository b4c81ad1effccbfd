// NatTable: the connections of one worker that are forwarded by nat: what each is on the
// client's side and on the target's, and where replies go.
//
// A session lives as long as its connection, of which ConnectionTable knows the phase and the
// age; this table only knows by what ports it goes. A port of ours carries one session for each
// address, port and protocol of a target, and each worker has ports of its own: the port of a
// reply says whose it is.
//
// Layout
//   sessions  two lines for each, in one array; a free one is in a list.
//   indices   by the hash of the connection, and by that of its replies: open addressing, at
//             most half full, eight bytes an entry; the session says whether it is the right one.
//
// Thread: the worker.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/flow_key.h"
#include "base/ids.h"
#include "base/mac_address.h"
#include "base/port_set.h"
#include "tables/flow_hash.h"
#include "tables/session_index.h"
#include "tables/table_memory.h"

namespace holdfast {

struct alignas(64) NatSession {
  FlowHash hash;        // of `flow`
  FlowHash reply_hash;  // of ReplyFlow()
  FlowKey flow;         // as the client opened it
  // The target's side: from `own` to `target`.
  IpAddress target;
  IpAddress own;
  std::uint16_t target_port = 0;
  std::uint16_t own_port = 0;
  TargetHandle handle;
  ServiceSlot service = kNoService;
  // What sums of its packets differ by (EndsDifference), from the client's side.
  std::uint16_t addresses_difference = 0;
  std::uint16_t all_difference = 0;
  // Who its last packet came from, and by which port: replies go there.
  MacAddress client_mac;
  PortIndex client_port{};
  CoarseTick last_used;

  // As a flow that the target opened: to `own`.
  [[nodiscard]] FlowKey ReplyFlow() const {
    return {target, own, target_port, own_port, flow.protocol};
  }
};
static_assert(sizeof(NatSession) == 128);

class NatTable {
 public:
  // What a new session is for.
  struct Wanted {
    FlowHash hash;
    FlowKey flow;
    IpAddress target;
    std::uint16_t target_port = 0;
    IpAddress own;
    TargetHandle handle;
    ServiceSlot service = kNoService;
    CoarseTick now;
  };
  // Whether a session may be given up for a new one.
  using MayGo = absl::FunctionRef<bool(const NatSession&)>;

  // Room for `capacity` sessions by `ports`, hashed with `key`. RESOURCE_EXHAUSTED names the
  // memory needed.
  static absl::StatusOr<NatTable> Create(std::size_t capacity, PortRange ports, const HashKey& key,
                                         MemoryKind memory);

  // Ask memory for where a session is looked for; then, once that has come, for the session.
  void PrefetchByFlow(const FlowHash& hash) const { by_flow_.Prefetch(hash); }
  void PrefetchByReply(const FlowHash& hash) const { by_reply_.Prefetch(hash); }
  void PrefetchSessionByFlow(const FlowHash& hash) const { PrefetchSession(by_flow_, hash); }
  void PrefetchSessionByReply(const FlowHash& hash) const { PrefetchSession(by_reply_, hash); }
  // nullptr: there is none.
  [[nodiscard]] NatSession* FindByFlow(const FlowHash& hash) { return Find(by_flow_, hash); }
  [[nodiscard]] NatSession* FindByReply(const FlowHash& hash) { return Find(by_reply_, hash); }

  // nullptr: no room, or no port to that target, and none of the few that were looked at may go.
  // REQUIRES: there is none of this flow.
  NatSession* Insert(const Wanted& wanted, MayGo may_go);
  void Erase(NatSession& session);
  // Erases those that may go among the next `count` places.
  void Sweep(std::size_t count, MayGo may_go);

  [[nodiscard]] std::size_t size() const { return capacity_ - free_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  // So many are looked at for one that may go, before a new one is refused.
  static constexpr std::size_t kLooks = 32;

  NatTable(std::size_t capacity, PortRange ports, const HashKey& key, TableMemory sessions,
           SessionIndex by_flow, SessionIndex by_reply);

  [[nodiscard]] std::span<NatSession> sessions() const {
    return {static_cast<NatSession*>(sessions_.data()), capacity_};
  }
  [[nodiscard]] NatSession* Find(const SessionIndex& index, const FlowHash& hash);
  void PrefetchSession(const SessionIndex& index, const FlowHash& hash) const {
    const std::uint32_t number = index.Find(hash, [](std::uint32_t) { return true; });
    if (number == SessionIndex::kNone) return;
    const auto* const lines = reinterpret_cast<const std::byte*>(&sessions()[number]);
    Prefetch(lines);
    Prefetch(lines + 64);
  }
  [[nodiscard]] std::uint32_t NumberOf(const NatSession& session) const {
    return static_cast<std::uint32_t>(&session - sessions().data());
  }
  [[nodiscard]] static bool IsInUse(const NatSession& session) {
    return session.service != kNoService;
  }
  bool MakeRoom(MayGo may_go);
  // Sets the port of ours, and the hash of replies with it.
  bool FindPort(NatSession& session, MayGo may_go);

  std::size_t capacity_;
  PortRange ports_;
  HashKey key_;
  TableMemory sessions_;
  SessionIndex by_flow_;
  SessionIndex by_reply_;
  std::vector<std::uint32_t> free_;  // numbers
  std::size_t hand_ = 0;             // where the next look for one that may go begins
  std::size_t swept_ = 0;
  std::uint32_t next_port_ = 0;  // from the first; a port that is free again is used last
};

}  // namespace holdfast
