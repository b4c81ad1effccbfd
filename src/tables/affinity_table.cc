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
      kinds_(std::make_unique<ServiceKinds[]>(kMaxServices)),
      in_use_(std::make_unique<std::atomic<bool>[]>(kMaxServices)),
      served_(std::make_unique<std::atomic<std::uint32_t>[]>(buckets_.slot_count())),
      second_(std::make_unique<std::atomic<std::uint32_t>>(1)),
      size_(std::make_unique<Counter>()) {}

// A cell has the shape of a flow with the service and the prefix's length in place of the
// VIP. The ports say the rest of its kind, so one table serves all kinds.
FlowKey AffinityTable::FlowOf(const AffinityCell& cell) {
  constexpr int kServiceBits = 16;
  constexpr int kLengthBits = 8;
  const std::uint32_t place = static_cast<std::uint32_t>(Index(cell.service)) |
                              std::uint32_t{cell.host_bits} << kServiceBits |
                              std::uint32_t{cell.hole} << (kServiceBits + kLengthBits);
  return {.client = cell.client,
          .vip = IpAddress::FromV4(place),
          .client_port = cell.client_port,
          .vip_port = cell.service_port,
          .protocol = Protocol::kTcp};
}

AffinityTable::Question AffinityTable::Ask(ServiceSlot service, const IpAddress& client,
                                           std::uint16_t client_port,
                                           std::uint16_t service_port) const {
  Question question;
  question.request = {.service = service,
                      .client = client,
                      .client_port = client_port,
                      .service_port = service_port};
  if (!InUse(service)) return question;
  std::array<FlowKey, Question::kAhead> flows;
  KindsOf(question.request).ForEach({}, [&](CellKind kind) {
    flows[question.size] = FlowOf(kind.Around(question.request));
    question.kinds[question.size++] = kind;
    return question.size == Question::kAhead;
  });
  HashFlows(key_, {flows.data(), question.size}, {question.hashes.data(), question.size});
  for (std::size_t i = 0; i < question.size; ++i) buckets_.Prefetch(question.hashes[i]);
  return question;
}

bool AffinityTable::ExcludeOwners(const AffinityCell& first_hole, TargetHandle first,
                                  Excluded& excluded) const {
  bool is_full = !excluded.Add(first);
  for (std::uint8_t number = 2; !is_full; ++number) {
    const auto match = buckets_.Find(HashOf(first_hole.AsHole(number)));
    if (!match) break;
    is_full = !excluded.Add(TargetHandle::FromRaw(match->value));
  }
  return is_full;
}

// The writer may move the entry meanwhile: who sees it in its place after the store has
// told the writer, who reads the note of the place where it is.
void AffinityTable::NoteServed(const Owner& owner) const {
  const std::uint32_t second = second_->load(std::memory_order_relaxed);
  for (auto match = buckets_.Find(owner.cell); match; match = buckets_.Find(owner.cell)) {
    std::atomic<std::uint32_t>& served = served_[match->slot];
    if (served.load(std::memory_order_relaxed) == second) return;
    served.store(second, std::memory_order_seq_cst);
  }
}

AffinityTable::Writer::Writer(AffinityTable& table) : table_(table), counts_(kMaxServices) {}

bool AffinityTable::Writer::Insert(const AffinityCell& cell, TargetHandle owner, bool extends) {
  FingerprintBuckets& buckets = table_.buckets_;
  const std::uint32_t value = owner.raw() | (extends ? kExtends : 0);
  const FlowHash hash = table_.HashOf(cell);
  if (const auto match = buckets.Find(hash)) {
    buckets.SetValue(match->slot, value);
    Publish(cell.service);
    return true;
  }
  auto slot = buckets.EmptyCandidate(hash);
  const auto move_note = [this](FingerprintBuckets::Slot from, FingerprintBuckets::Slot to) {
    table_.served_[to].store(table_.served_[from].load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
  };
  if (!slot) slot = buckets.MakeRoom(hash, move_note);
  if (!slot) return false;
  table_.served_[*slot].store(0, std::memory_order_relaxed);
  buckets.Store(*slot, hash, value);
  CountIn(cell);
  return true;
}

bool AffinityTable::Writer::Erase(const AffinityCell& cell) {
  const auto match = table_.buckets_.Find(table_.HashOf(cell));
  if (!match) return false;
  table_.buckets_.Clear(match->slot);
  CountOut(cell);
  return true;
}

std::uint32_t AffinityTable::Writer::LastServed(const AffinityCell& cell) const {
  const auto match = table_.buckets_.Find(table_.HashOf(cell));
  return match ? table_.served_[match->slot].load(std::memory_order_seq_cst) : 0;
}

CellKindCounts& AffinityTable::Writer::CountsOf(const AffinityCell& cell) {
  auto& counts = counts_[Index(cell.service)];
  if (counts == nullptr) counts = std::make_unique<ServiceCounts>();
  return cell.client.IsV4() ? counts->v4 : counts->v6;
}

CellKinds& AffinityTable::Writer::KindsOf(const AffinityCell& cell) {
  ServiceKinds& kinds = table_.kinds_[Index(cell.service)];
  return cell.client.IsV4() ? kinds.v4 : kinds.v6;
}

void AffinityTable::Writer::CountIn(const AffinityCell& cell) {
  const CellKind kind = CellKind::Of(cell);
  if (CountsOf(cell).Add(kind)) KindsOf(cell).Add(kind);
  ++counts_[Index(cell.service)]->cells;
  table_.size_->Add(1);
  Publish(cell.service);
}

void AffinityTable::Writer::CountOut(const AffinityCell& cell) {
  const CellKind kind = CellKind::Of(cell);
  if (CountsOf(cell).Remove(kind)) KindsOf(cell).Remove(kind);
  --counts_[Index(cell.service)]->cells;
  table_.size_->Set(table_.size_->Read() - 1);
  Publish(cell.service);
}

// Last in every change: a sequentially consistent exchange, so that nothing that
// this thread does afterwards (the answer) can overtake the change itself.
void AffinityTable::Writer::Publish(ServiceSlot service) {
  table_.in_use_[Index(service)].exchange(counts_[Index(service)]->cells != 0,
                                          std::memory_order_seq_cst);
}

}  // namespace holdfast
