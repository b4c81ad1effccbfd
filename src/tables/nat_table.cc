#include "tables/nat_table.h"

#include <numeric>
#include <utility>

namespace holdfast {

absl::StatusOr<NatTable> NatTable::Create(std::size_t capacity, PortRange ports, const HashKey& key,
                                          MemoryKind memory) {
  auto sessions = TableMemory::Allocate(capacity * sizeof(NatSession), memory);
  if (!sessions.ok()) return sessions.status();
  auto by_flow = SessionIndex::Create(capacity, memory);
  if (!by_flow.ok()) return by_flow.status();
  auto by_reply = SessionIndex::Create(capacity, memory);
  if (!by_reply.ok()) return by_reply.status();
  return NatTable(capacity, ports, key, *std::move(sessions), *std::move(by_flow),
                  *std::move(by_reply));
}

NatTable::NatTable(std::size_t capacity, PortRange ports, const HashKey& key,
                   TableMemory sessions_memory, SessionIndex by_flow, SessionIndex by_reply)
    : capacity_(capacity),
      ports_(ports),
      key_(key),
      sessions_(std::move(sessions_memory)),
      by_flow_(std::move(by_flow)),
      by_reply_(std::move(by_reply)),
      free_(capacity) {
  std::uninitialized_value_construct_n(sessions().data(), capacity);
  std::iota(free_.rbegin(), free_.rend(), 0U);  // the first ones first
}

NatSession* NatTable::Find(const SessionIndex& index, const FlowHash& hash) {
  const bool by_flow = &index == &by_flow_;
  const std::uint32_t number = index.Find(hash, [&](std::uint32_t candidate) {
    const NatSession& session = sessions()[candidate];
    return (by_flow ? session.hash : session.reply_hash) == hash;
  });
  return number == SessionIndex::kNone ? nullptr : &sessions()[number];
}

NatSession* NatTable::Insert(const Wanted& wanted, MayGo may_go) {
  if (free_.empty() && !MakeRoom(may_go)) return nullptr;
  NatSession& session = sessions()[free_.back()];
  session = {.hash = wanted.hash,
             .reply_hash = {},
             .flow = wanted.flow,
             .target = wanted.target,
             .own = wanted.own,
             .target_port = wanted.target_port,
             .handle = wanted.handle,
             .service = kNoService,  // until it is in
             .client_mac = {},
             .last_used = wanted.now};
  if (!FindPort(session, may_go)) return nullptr;
  free_.pop_back();
  session.service = wanted.service;
  by_flow_.Insert(session.hash, NumberOf(session));
  by_reply_.Insert(session.reply_hash, NumberOf(session));
  return &session;
}

void NatTable::Erase(NatSession& session) {
  const std::uint32_t number = NumberOf(session);
  by_flow_.Erase(session.hash, number, [this](std::uint32_t i) { return sessions()[i].hash; });
  by_reply_.Erase(session.reply_hash, number,
                  [this](std::uint32_t i) { return sessions()[i].reply_hash; });
  session.service = kNoService;
  free_.push_back(number);
}

void NatTable::Sweep(std::size_t count, MayGo may_go) {
  for (; count != 0; --count) {
    NatSession& session = sessions()[swept_];
    if (IsInUse(session) && may_go(session)) Erase(session);
    swept_ = (swept_ + 1) % capacity_;
  }
}

// It is full: all are in use.
bool NatTable::MakeRoom(MayGo may_go) {
  for (std::size_t look = 0; look < kLooks; ++look) {
    NatSession& session = sessions()[hand_];
    hand_ = (hand_ + 1) % capacity_;
    if (!may_go(session)) continue;
    Erase(session);
    return true;
  }
  return false;
}

bool NatTable::FindPort(NatSession& session, MayGo may_go) {
  const std::uint32_t ports = std::uint32_t{ports_.last} - ports_.first + 1;
  for (std::size_t look = 0; look < kLooks; ++look) {
    session.own_port = static_cast<std::uint16_t>(ports_.first + next_port_);
    next_port_ = (next_port_ + 1) % ports;
    session.reply_hash = HashFlow(key_, session.ReplyFlow());
    NatSession* const user = FindByReply(session.reply_hash);
    if (user == nullptr) return true;
    if (!may_go(*user)) continue;
    // It goes to the end of the list of free ones: what is being filled is taken from there.
    const std::uint32_t filled = free_.back();
    free_.pop_back();
    Erase(*user);
    free_.push_back(filled);
    return true;
  }
  return false;
}

std::size_t NatTable::memory_bytes() const {
  return sessions_.size() + by_flow_.memory_bytes() + by_reply_.memory_bytes();
}

}  // namespace holdfast
