#include "tables/client_table.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace holdfast {

TableHeader ClientTable::HeaderFor(std::size_t capacity, const HashKey& key) {
  const std::size_t buckets = (capacity + kClientsPerBucket - 1) / kClientsPerBucket;
  return TableHeader::Of({.kind = TableKind::kClients, .owner = WorkerId{0}, .key = key},
                         std::max<std::size_t>(buckets, 1), sizeof(Bucket));
}

absl::StatusOr<ClientTable> ClientTable::Create(std::size_t capacity, std::size_t writers,
                                                const HashKey& key, MemoryKind memory) {
  const TableHeader header = HeaderFor(capacity, key);
  auto bytes = TableMemory::Allocate(TableBytes(header), memory);
  if (!bytes.ok()) return bytes.status();
  std::memcpy(bytes->data(), &header, sizeof header);
  return ClientTable(capacity, writers, key, *std::move(bytes));
}

ClientTable::ClientTable(std::size_t capacity, std::size_t writers, const HashKey& key,
                         TableMemory memory)
    : capacity_(capacity),
      bucket_count_(HeaderFor(capacity, key).bucket_count),
      key_(key),
      memory_(std::move(memory)),
      tallies_(std::make_unique<std::vector<Tally>>(writers)) {}

// The shape of a flow, with the service in place of the VIP's port.
FlowHash ClientTable::HashOf(ServiceSlot service, const IpAddress& client) const {
  return HashFlow(key_, {.client = client,
                         .vip = client,
                         .client_port = 0,
                         .vip_port = static_cast<std::uint16_t>(service),
                         .protocol = Protocol::kTcp});
}

void ClientTable::Prefetch(const FlowHash& client) const {
  const auto* const lines = reinterpret_cast<const std::byte*>(&HomeOf(client));
  for (std::size_t offset = 0; offset < sizeof(Bucket); offset += 64)
    __builtin_prefetch(lines + offset);
}

void ClientTable::Pairs::Add(const ClientPair& pair) {
  std::size_t at = size_++;
  for (; at > 0 && pair.IsNewerThan(pairs_[at - 1]); --at) pairs_[at] = pairs_[at - 1];
  pairs_[at] = pair;
}

ClientTable::Pairs ClientTable::Find(const FlowHash& client, CoarseTick now,
                                     std::uint32_t linger) const {
  Pairs pairs;
  for (const ClientSlot& slot : HomeOf(client).slots) {
    const ClientSlot::Words words = slot.Read();
    if (words.key != client.fingerprint) continue;
    const auto pair = ClientPair::FromWord(words.value);
    if (pair.Lasts(now, linger)) pairs.Add(pair);
  }
  return pairs;
}

std::uint32_t ClientTable::ConnectionsTo(TargetHandle target, const FlowHash& client) const {
  const Pairs pairs = Find(client, CoarseTick(), 0);
  for (const ClientPair& pair : pairs.all())
    if (pair.target == target) return pair.connections;
  return 0;
}

// Modulo 2^64: a writer may free what another one has taken.
std::uint64_t ClientTable::size() const {
  std::uint64_t pairs = 0;
  for (const Tally& tally : *tallies_) pairs += tally.taken.Read() - tally.freed.Read();
  return pairs;
}

std::uint64_t ClientTable::active() const {
  std::uint64_t pairs = 0;
  for (const Tally& tally : *tallies_) pairs += tally.began.Read() - tally.ended.Read();
  return pairs;
}

}  // namespace holdfast
