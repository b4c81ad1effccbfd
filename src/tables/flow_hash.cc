#include "tables/flow_hash.h"

#include <sys/random.h>

#include <cstdlib>

#include "tables/flow_hash_rounds.h"

namespace holdfast {
namespace {

const bool kHaveAes = __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1");
const auto kHashFlows = kHaveAes ? &HashFlowsWithAes : &HashFlowsPortable;
const bool kHaveVaes =
    kHaveAes && __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512f");
const auto kHashIpv4Flows = kHaveVaes  ? &HashIpv4FlowsWithVaes
                            : kHaveAes ? &HashIpv4FlowsWithAes
                                       : &HashIpv4FlowsPortable;
const auto kHashIpv6Flows = kHaveVaes  ? &HashIpv6FlowsWithVaes
                            : kHaveAes ? &HashIpv6FlowsWithAes
                                       : &HashIpv6FlowsPortable;

}  // namespace

HashKey HashKey::Random() {
  HashKey key;
  // Fewer bytes than 256 are never cut short, and only a broken kernel refuses.
  if (getrandom(key.words, sizeof key.words, 0) != sizeof key.words) std::abort();
  return key;
}

void HashFlowsPortable(const HashKey& key, std::span<const FlowKey> keys,
                       std::span<FlowHash> hashes) {
  FlowHasher<SoftwareAes>(key).HashAll(keys, hashes);
}

void HashIpv4FlowsPortable(const HashKey& key, std::span<const Ipv4Tuple> flows,
                           std::span<FlowHash> hashes) {
  FlowHasher<SoftwareAes>(key).HashAll(flows, hashes);
}

void HashIpv6FlowsPortable(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes) {
  FlowHasher<SoftwareAes>(key).HashAll(flows, hashes);
}

void HashFlows(const HashKey& key, std::span<const FlowKey> keys, std::span<FlowHash> hashes) {
  kHashFlows(key, keys, hashes);
}

void HashIpv4Flows(const HashKey& key, std::span<const Ipv4Tuple> flows,
                   std::span<FlowHash> hashes) {
  kHashIpv4Flows(key, flows, hashes);
}

void HashIpv6Flows(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes) {
  kHashIpv6Flows(key, flows, hashes);
}

FlowHash HashFlow(const HashKey& key, const FlowKey& flow) {
  FlowHash hash;
  kHashFlows(key, {&flow, 1}, {&hash, 1});
  return hash;
}

std::uint64_t HashCheck(const HashKey& key) { return HashFlow(key, FlowKey{}).fingerprint; }

}  // namespace holdfast
