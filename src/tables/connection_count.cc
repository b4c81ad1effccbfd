// ConnectionTable::CountTargets(): a walk that any thread may take.
#include "tables/connection_table.h"

namespace holdfast {

void ConnectionTable::CountTargets(TargetCounts& counts) const {
  for (std::size_t index = 0; index < bucket_count(); ++index) {
    const Bucket& bucket = buckets_.At(index);
    for (std::size_t i = 0; i < Bucket::kSlots; ++i) {
      if (bucket.fingerprints[i].load(std::memory_order_acquire) == 0) continue;
      const auto value = bucket.values[i].load(std::memory_order_relaxed);
      ++counts[TargetHandle::FromRaw(value).raw()];
    }
  }
}

}  // namespace holdfast
