// RingHash: the hash of a five-tuple that a ring is asked with.
//
// Seeded by configuration, never by a boot-time key: every appliance with the
// same seed gives the same tuple the same place, now and after a restart.
// Tables use their own, secret hash (tables/flow_hash.h).
#pragma once

#include <cstdint>

#include "base/flow_key.h"

namespace holdfast {

std::uint64_t RingHash(const FlowKey& flow, std::uint64_t seed);

}  // namespace holdfast
