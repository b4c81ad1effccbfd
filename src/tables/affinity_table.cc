#include "tables/affinity_table.h"

namespace holdfast {
namespace {

TableIdentity IdentityOf(const HashKey& key) {
  return {.kind = TableKind::kAffinities, .owner = WorkerId{0}, .key = key};
}

}  // namespace

TableHeader AffinityTable::HeaderFor(std::size_t capacity, const HashKey& key) {
  return FingerprintBuckets::HeaderFor(IdentityOf(key), capacity);
}

absl::StatusOr<AffinityTable> AffinityTable::Create(std::size_t capacity, HashKey key,
                                                    MemoryKind memory) {
  auto buckets = FingerprintBuckets::Create(IdentityOf(key), capacity, memory);
  if (!buckets.ok()) return buckets.status();
  return AffinityTable(*std::move(buckets), key);
}

AffinityTable::AffinityTable(FingerprintBuckets buckets, HashKey key)
    : buckets_(std::move(buckets)),
      key_(key),
      classes_(std::make_unique<std::atomic<std::uint8_t>[]>(kMaxServices)),
      size_(std::make_unique<Counter>()) {}

// A cell has the shape of a flow with the service in place of the VIP. The ports
// say which class it is of, so one table serves all classes.
FlowKey AffinityTable::FlowOf(const AffinityKey& key) {
  return {.client = key.client,
          .vip = IpAddress::FromV4(static_cast<std::uint32_t>(key.service)),
          .client_port = key.client_port,
          .vip_port = key.service_port,
          .protocol = Protocol::kTcp};
}

AffinityTable::Question AffinityTable::Ask(ServiceSlot service, const IpAddress& client,
                                           std::uint16_t client_port,
                                           std::uint16_t service_port) const {
  Question question;
  const unsigned in_use = ClassesOf(service);
  if (in_use == 0) return question;
  std::array<FlowKey, kClasses> cells;
  for (unsigned kind = kClasses; kind-- > 0;) {
    if ((in_use >> kind & 1) == 0) continue;
    cells[question.size++] =
        FlowOf({.service = service,
                .client = client,
                .client_port = (kind & kNamesClientPort) != 0 ? client_port : std::uint16_t{0},
                .service_port = (kind & kNamesServicePort) != 0 ? service_port : std::uint16_t{0}});
  }
  HashFlows(key_, {cells.data(), question.size}, {question.cells.data(), question.size});
  for (std::size_t i = 0; i < question.size; ++i) buckets_.Prefetch(question.cells[i]);
  return question;
}

AffinityTable::Writer::Writer(AffinityTable& table) : table_(table), counts_(kMaxServices) {}

bool AffinityTable::Writer::Insert(const AffinityKey& key, TargetHandle owner) {
  FingerprintBuckets& buckets = table_.buckets_;
  const FlowHash hash = table_.HashOf(key);
  if (const auto match = buckets.Find(hash)) {
    buckets.SetValue(match->slot, owner.raw());
    PublishClasses(key.service);
    return true;
  }
  auto slot = buckets.EmptyCandidate(hash);
  const auto nothing_beside = [](FingerprintBuckets::Slot, FingerprintBuckets::Slot) {};
  if (!slot) slot = buckets.MakeRoom(hash, nothing_beside);
  if (!slot) return false;
  buckets.Store(*slot, hash, owner.raw());
  CountIn(key);
  return true;
}

bool AffinityTable::Writer::Erase(const AffinityKey& key) {
  const auto match = table_.buckets_.Find(table_.HashOf(key));
  if (!match) return false;
  table_.buckets_.Clear(match->slot);
  CountOut(key);
  return true;
}

void AffinityTable::Writer::CountIn(const AffinityKey& key) {
  ++counts_[Index(key.service)][ClassOf(key)];
  table_.size_->Add(1);
  PublishClasses(key.service);
}

void AffinityTable::Writer::CountOut(const AffinityKey& key) {
  --counts_[Index(key.service)][ClassOf(key)];
  table_.size_->Set(table_.size_->Read() - 1);
  PublishClasses(key.service);
}

// Last in every change: a sequentially consistent exchange, so that nothing that
// this thread does afterwards (the answer) can overtake the change itself.
void AffinityTable::Writer::PublishClasses(ServiceSlot service) {
  std::uint8_t classes = 0;
  for (unsigned kind = 0; kind < kClasses; ++kind)
    if (counts_[Index(service)][kind] != 0) classes |= static_cast<std::uint8_t>(1U << kind);
  table_.classes_[Index(service)].exchange(classes, std::memory_order_seq_cst);
}

}  // namespace holdfast
