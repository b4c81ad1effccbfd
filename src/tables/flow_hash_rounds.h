// The hash behind FlowHash, over any implementation of the AES round.
//
// A block is XORed into the state and followed by two keyed rounds; two more
// rounds end it. After two rounds every input bit has reached every output bit;
// the secret enters before the first one and with every other.
#pragma once

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
  explicit FlowHasher(const HashKey& key) : tweak_(Aes::Load(kFlowHashTweak)) {
    AesBytes bytes;
    std::memcpy(bytes.data(), key.words, sizeof key.words);
    secret_ = Aes::Load(bytes);
  }

  [[nodiscard]] FlowHash Hash(const FlowKey& flow) const {
    Aes state = secret_;
    if (flow.client.IsV4() && flow.vip.IsV4()) {
      Absorb(state, ShortBlock(flow));
    } else {
      Absorb(state, flow.client.bytes());
      Absorb(state, flow.vip.bytes());
      Absorb(state, TailBlock(flow));
    }
    state.Round(secret_);
    state.Round(tweak_);
    return FromBytes(state.bytes());
  }

  void HashAll(std::span<const FlowKey> flows, std::span<FlowHash> hashes) const {
    for (std::size_t i = 0; i < flows.size(); ++i) hashes[i] = Hash(flows[i]);
  }

 private:
  void Absorb(Aes& state, const AesBytes& block) const {
    state.Xor(Aes::Load(block));
    state.Round(secret_);
    state.Round(tweak_);
  }

  // Ports, protocol and family: the family keeps the two forms apart.
  static std::uint64_t Tail(const FlowKey& flow, std::uint8_t family) {
    return std::uint64_t{flow.client_port} << 48 | std::uint64_t{flow.vip_port} << 32 |
           std::uint64_t{static_cast<std::uint8_t>(flow.protocol)} << 8 | family;
  }
  static AesBytes ShortBlock(const FlowKey& flow) {
    AesBytes block;
    const std::uint64_t tail = Tail(flow, 4);
    std::memcpy(block.data(), flow.client.bytes().data() + 12, 4);
    std::memcpy(block.data() + 4, flow.vip.bytes().data() + 12, 4);
    std::memcpy(block.data() + 8, &tail, sizeof tail);
    return block;
  }
  static AesBytes TailBlock(const FlowKey& flow) {
    AesBytes block{};
    const std::uint64_t tail = Tail(flow, 6);
    std::memcpy(block.data(), &tail, sizeof tail);
    return block;
  }
  static FlowHash FromBytes(const AesBytes& bytes) {
    FlowHash hash;
    std::memcpy(&hash.bucket, bytes.data(), 8);
    std::memcpy(&hash.fingerprint, bytes.data() + 8, 8);
    // 0 means an empty slot.
    if (hash.fingerprint == 0) hash.fingerprint = 1;
    return hash;
  }

  Aes secret_;
  Aes tweak_;
};

// flow_hash_aes.cc. REQUIRES: the processor has AES.
void HashFlowsWithAes(const HashKey& key, std::span<const FlowKey> flows,
                      std::span<FlowHash> hashes);

}  // namespace holdfast
