// ClientWriter: one worker's hand on the ClientTable that is all workers': a connection of a
// client begins, or ends.
//
// Each Begin() that says `counted` is followed by exactly one End(), for the same client and
// target: ConnectionTable's business.
//
// Thread: the worker.
#pragma once

#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "base/clock.h"
#include "base/ids.h"
#include "tables/client_table.h"

namespace holdfast {

class ClientWriter {
 public:
  ClientWriter(ClientTable& table, WorkerId self) : table_(table), self_(self) {}

  // What time it is, and for how many seconds a pair may linger in the service where that is
  // longest: what lingers no more makes room.
  void Follow(CoarseTick now, std::uint32_t longest_linger) {
    now_ = now;
    longest_linger_ = longest_linger;
  }

  struct Wish {
    TargetHandle target;
    // Whether the connection goes to another target, if the client has connections there; to
    // the newest of those.
    bool follows = true;
    std::uint32_t linger = 0;  // of the service
  };
  struct Placement {
    TargetHandle target;   // where the connection goes
    bool follows = false;  // the client had it, or was just about to
    bool counted = false;  // it is one of the pair's
    bool is_full = false;  // it would be, but there is no room (T8)
  };
  // A connection begins. may_take(target): whether one that is not wished for may have it.
  Placement Begin(const FlowHash& client, const Wish& wish,
                  absl::FunctionRef<bool(TargetHandle)> may_take);
  // One ends. `held`: it goes on in another worker's table, which is about to count it.
  void End(const FlowHash& client, TargetHandle target, bool held = false);
  // One that has just begun shall not have. False: the client has others there, or has had them
  // a while ago.
  bool Withdraw(const FlowHash& client, TargetHandle target);

  // Frees pairs among the next `buckets` buckets of the worker's share: those without a
  // connection that linger no more, or whose target is gone. True: it has come to the end of
  // its share.
  bool Sweep(std::size_t buckets, absl::FunctionRef<bool(TargetHandle)> is_gone);
  [[nodiscard]] std::size_t SweptBuckets() const;  // its share

  [[nodiscard]] const ClientTable& table() const { return table_; }

 private:
  using Bucket = ClientTable::Bucket;
  using Words = ClientSlot::Words;

  // What a bucket has of a client.
  struct Sight {
    ClientSlot* pair = nullptr;    // where the connection goes
    Words seen;                    // of `pair`
    std::uint32_t next_order = 0;  // of what is placed now
    ClientSlot* room = nullptr;    // a free slot
    bool changed = false;          // it must be looked at again
  };
  Sight Look(Bucket& bucket, const FlowHash& client, const Wish& wish,
             absl::FunctionRef<bool(TargetHandle)> may_take);
  // One more connection of what was seen. False: it has changed meanwhile.
  bool Join(const Sight& sight, Placement& placement);
  // False: others were quicker.
  bool ClaimRoom(Bucket& bucket, const Words& idle, const FlowHash& client, TargetHandle target,
                 const Sight& sight);
  static bool IsIdle(const Words& claim) { return claim.key == 0; }
  // Does what is announced, if nobody has yet.
  static void Complete(Bucket& bucket, const Words& claim);
  bool Free(ClientSlot& slot, const Words& seen);
  ClientSlot* FindPair(const FlowHash& client, TargetHandle target, Words& seen);
  // One connection less. `held` as in End().
  bool Leave(ClientSlot& slot, const Words& seen, bool may_stay, bool held);
  [[nodiscard]] ClientTable::Tally& tally() { return (*table_.tallies_)[Index(self_)]; }

  ClientTable& table_;
  const WorkerId self_;
  CoarseTick now_;
  std::uint32_t longest_linger_ = 0;
  std::uint32_t frees_ = 0;  // for tags
  std::size_t swept_ = 0;    // of its share
};

}  // namespace holdfast
