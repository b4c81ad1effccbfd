// ClientTable: which targets the clients of services have active connections to, and how many
// (rows T2, T3, A10). One for all workers.
//
// A client's entries are pairs: one for each target that it has connections to; nearly always
// one. They are found by a keyed hash of service and client. A pair is there from the first
// connection's beginning to the last one's end, or so much longer as it lingers.
//
// Thread roles
//   Writer  ClientWriter: each worker has one. Nobody locks, nobody waits.
//   Reader  any thread. What is found may be of the past at once.
//
// Layout
//   A client has one home bucket of four lines: a claim and fifteen slots. Where they are all
//   taken there is no room (T8): at the load that a table is made for, one client of ten
//   thousand finds none.
//   No pointers; a TableHeader before the buckets.
//
// Claims
//   A new pair is announced in its bucket's claim, by compare-and-swap from the idle claim that
//   its claimer has seen before it looked for the client in vain; then put into its slot, by
//   the claimer or by whoever meets the claim first; then the claim is idle again, and another
//   one than before. So of two that look in vain at the same moment one claims, and the other
//   one looks again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/ip_address.h"
#include "stats/counter.h"
#include "tables/client_slot.h"
#include "tables/flow_hash.h"
#include "tables/table_header.h"
#include "tables/table_memory.h"

namespace holdfast {

class ClientTable {
 public:
  static constexpr std::size_t kSlots = 15;
  // The load that it is made for: so many clients in a bucket.
  static constexpr std::size_t kClientsPerBucket = 5;

  // Of one client, the newest first.
  class Pairs {
   public:
    [[nodiscard]] std::span<const ClientPair> all() const& { return {pairs_.data(), size_}; }
    // A loop over it would outlive what it looks at.
    std::span<const ClientPair> all() const&& = delete;
    void Add(const ClientPair& pair);

   private:
    std::array<ClientPair, kSlots> pairs_;
    std::size_t size_ = 0;
  };

  // Room for the pairs of `capacity` clients, hashed with `key`, written by so many workers.
  // RESOURCE_EXHAUSTED names the memory needed.
  static absl::StatusOr<ClientTable> Create(std::size_t capacity, std::size_t writers,
                                            const HashKey& key, MemoryKind memory);
  static TableHeader HeaderFor(std::size_t capacity, const HashKey& key);

  [[nodiscard]] FlowHash HashOf(ServiceSlot service, const IpAddress& client) const;
  void Prefetch(const FlowHash& client) const;
  // Those that last: with active connections, or for `linger` seconds longer.
  [[nodiscard]] Pairs Find(const FlowHash& client, CoarseTick now, std::uint32_t linger) const;
  // A10: the client's connections to the target.
  [[nodiscard]] std::uint32_t ConnectionsTo(TargetHandle target, const FlowHash& client) const;

  [[nodiscard]] std::uint64_t size() const;                         // pairs
  [[nodiscard]] std::uint64_t active() const;                       // pairs with connections
  [[nodiscard]] std::size_t capacity() const { return capacity_; }  // clients
  [[nodiscard]] std::size_t memory_bytes() const { return memory_.size(); }
  [[nodiscard]] bool on_huge_pages() const { return memory_.on_huge_pages(); }

  // visit(client, pair) for each pair. Exact when nobody writes; `client` is the hash by which
  // it is known.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t bucket = 0; bucket < bucket_count_; ++bucket)
      for (const ClientSlot& slot : At(bucket).slots)
        if (const auto words = slot.Read(); words.key != 0)
          visit(bucket, words.key, ClientPair::FromWord(words.value));
  }
  [[nodiscard]] std::size_t BucketOf(const FlowHash& client) const {
    return static_cast<std::size_t>((client.bucket >> 32) * bucket_count_ >> 32);
  }

 private:
  friend class ClientWriter;

  struct alignas(64) Bucket {
    ClientSlot claim;
    std::array<ClientSlot, kSlots> slots;
  };
  static_assert(sizeof(Bucket) == 256);
  // Of one writer, who alone counts here.
  struct alignas(64) Tally {
    Counter taken;
    Counter freed;
    Counter began;  // pairs that had no connection and got one
    Counter ended;  // the reverse
  };

  ClientTable(std::size_t capacity, std::size_t writers, const HashKey& key, TableMemory memory);

  [[nodiscard]] Bucket& At(std::size_t bucket) const {
    return reinterpret_cast<Bucket*>(memory_.bytes().data() + kTableHeaderLine)[bucket];
  }
  [[nodiscard]] Bucket& HomeOf(const FlowHash& client) const { return At(BucketOf(client)); }

  std::size_t capacity_;
  std::size_t bucket_count_;
  HashKey key_;
  TableMemory memory_;
  std::unique_ptr<std::vector<Tally>> tallies_;  // by writer
};

}  // namespace holdfast
