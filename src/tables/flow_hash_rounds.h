// The hash behind FlowHash, over any implementation of the AES round.
//
// A block is XORed into the state and followed by two keyed rounds; two more
// rounds end it. After two rounds every input bit has reached every output bit;
// the secret enters before the first one and with every other.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "tables/aes_round.h"
#include "tables/flow_hash.h"

namespace holdfast {

// The first digits of pi: nothing up a sleeve.
inline constexpr AesBytes kFlowHashTweak = {0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3,
                                            0x13, 0x19, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x44};

template <typename Aes>
class FlowHasher {
 public:
  explicit FlowHasher(const HashKey& key)
      : secret_(Aes::Load(std::bit_cast<AesBytes>(key.words))), tweak_(Aes::Load(kFlowHashTweak)) {}

  [[nodiscard]] FlowHash Hash(const Ipv4Tuple& flow) const {
    Aes state = secret_;
    const auto words = std::bit_cast<std::array<std::uint32_t, 4>>(flow);
    Absorb(state, Aes::FromWords(words[0], words[1], words[2], words[3]));
    return Finish(state);
  }
  [[nodiscard]] FlowHash Hash(const FlowKey& flow) const {
    if (flow.client.IsV4() && flow.vip.IsV4()) return Hash(Ipv4Tuple::Of(flow));
    return HashIpv6(flow.client, flow.vip, Ipv4Tuple::InPlaceOf(flow));
  }
  // No tuple of IPv4 is what stands in its place here: it says which family it is.
  [[nodiscard]] FlowHash HashIpv6(const IpAddress& client, const IpAddress& vip,
                                  const Ipv4Tuple& in_place) const {
    Aes state = secret_;
    Absorb(state, Aes::Load(client.bytes()));
    Absorb(state, Aes::Load(vip.bytes()));
    const auto words = std::bit_cast<std::array<std::uint32_t, 4>>(in_place);
    Absorb(state, Aes::FromWords(words[0], words[1], words[2], words[3]));
    return Finish(state);
  }

  template <typename Flow>
  void HashAll(std::span<const Flow> flows, std::span<FlowHash> hashes) const {
    for (std::size_t i = 0; i < flows.size(); ++i) hashes[i] = Hash(flows[i]);
  }
  void HashAll(const Ipv6Flows& flows, std::span<FlowHash> hashes) const {
    for (std::size_t i = 0; i < hashes.size(); ++i)
      hashes[i] = HashIpv6(flows.clients[i], flows.vips[i], flows.in_place[i]);
  }

 private:
  void Absorb(Aes& state, const Aes& block) const {
    state.Xor(block);
    state.Round(secret_);
    state.Round(tweak_);
  }

  [[nodiscard]] FlowHash Finish(Aes& state) const {
    state.Round(secret_);
    state.Round(tweak_);
    return ToHash(state);
  }
  static FlowHash ToHash(const Aes& state) {
    FlowHash hash;
    state.Store(&hash.bucket, &hash.fingerprint);
    // 0 means an empty slot.
    hash.fingerprint += hash.fingerprint == 0 ? 1 : 0;
    return hash;
  }

  Aes secret_;
  Aes tweak_;
};

// flow_hash_aes.cc. REQUIRES: the processor has AES.
void HashFlowsWithAes(const HashKey& key, std::span<const FlowKey> flows,
                      std::span<FlowHash> hashes);
void HashIpv4FlowsWithAes(const HashKey& key, std::span<const Ipv4Tuple> flows,
                          std::span<FlowHash> hashes);
void HashIpv6FlowsWithAes(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes);
// flow_hash_vaes.cc. REQUIRES: the processor has AES, VAES and AVX-512.
void HashIpv4FlowsWithVaes(const HashKey& key, std::span<const Ipv4Tuple> flows,
                           std::span<FlowHash> hashes);
void HashIpv6FlowsWithVaes(const HashKey& key, const Ipv6Flows& flows, std::span<FlowHash> hashes);

}  // namespace holdfast
