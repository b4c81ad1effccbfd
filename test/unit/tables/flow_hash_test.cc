#include "tables/flow_hash.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <set>
#include <vector>

#include "tables/flow_hash_rounds.h"
#include "tables/flows.h"

namespace holdfast {
namespace {

using testing::Flow;
using testing::HashOf;
using testing::kFixedKey;

IpAddress RandomAddress(std::mt19937_64& random, bool v4) {
  if (v4) return IpAddress::FromV4(static_cast<std::uint32_t>(random()));
  IpAddress::Bytes bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return IpAddress::FromV6(bytes);
}

// Of both families, and with one address of each.
std::vector<FlowKey> RandomFlows(std::size_t count) {
  std::mt19937_64 random(2026);
  std::vector<FlowKey> flows;
  for (std::size_t i = 0; i < count; ++i)
    flows.push_back({RandomAddress(random, (i & 1) != 0), RandomAddress(random, (i & 2) != 0),
                     static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random()),
                     (i & 4) != 0 ? Protocol::kTcp : Protocol::kUdp});
  return flows;
}

std::vector<FlowHash> HashesBy(decltype(HashFlows) function, const std::vector<FlowKey>& flows) {
  std::vector<FlowHash> hashes(flows.size());
  function(kFixedKey, flows, hashes);
  return hashes;
}

int DifferentBits(const FlowHash& a, const FlowHash& b) {
  return std::popcount(a.bucket ^ b.bucket) + std::popcount(a.fingerprint ^ b.fingerprint);
}

TEST_CASE("with and without AES instructions the hash is the same", "[tables]") {
  const auto flows = RandomFlows(4000);
  const auto portable = HashesBy(HashFlowsPortable, flows);
  CHECK(HashesBy(HashFlows, flows) == portable);
  if (__builtin_cpu_supports("aes")) CHECK(HashesBy(HashFlowsWithAes, flows) == portable);
}

TEST_CASE("IPv4 tuples are hashed alike by every processor, and as the flows they are",
          "[tables]") {
  std::vector<FlowKey> flows = RandomFlows(4000);
  std::erase_if(flows, [](const FlowKey& flow) { return !flow.client.IsV4() || !flow.vip.IsV4(); });
  std::vector<Ipv4Tuple> tuples;
  for (const FlowKey& flow : flows) tuples.push_back(Ipv4Tuple::Of(flow));
  const auto expected = HashesBy(HashFlowsPortable, flows);
  const auto check = [&](decltype(HashIpv4Flows) function) {
    // In pieces of all lengths up to a batch's.
    std::vector<FlowHash> hashes(tuples.size());
    for (std::size_t first = 0, length = 0; first < tuples.size(); first += length++ % 65) {
      const std::size_t count = std::min(length % 65, tuples.size() - first);
      function(kFixedKey, std::span(tuples).subspan(first, count),
               std::span(hashes).subspan(first, count));
    }
    CHECK(hashes == expected);
  };
  check(HashIpv4Flows);
  check(HashIpv4FlowsPortable);
  if (__builtin_cpu_supports("aes")) check(HashIpv4FlowsWithAes);
  if (__builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512f"))
    check(HashIpv4FlowsWithVaes);
}

TEST_CASE("IPv6 flows in parts are hashed alike by every processor, and as the flows they are",
          "[tables]") {
  std::vector<FlowKey> flows = RandomFlows(4000);
  std::erase_if(flows, [](const FlowKey& flow) { return flow.client.IsV4() || flow.vip.IsV4(); });
  std::vector<IpAddress> clients;
  std::vector<IpAddress> vips;
  std::vector<Ipv4Tuple> in_place;
  for (const FlowKey& flow : flows) {
    clients.push_back(flow.client);
    vips.push_back(flow.vip);
    in_place.push_back(Ipv4Tuple::InPlaceOf(flow));
  }
  const auto expected = HashesBy(HashFlowsPortable, flows);
  const auto check = [&](decltype(HashIpv6Flows) function) {
    std::vector<FlowHash> hashes(flows.size());
    for (std::size_t first = 0, length = 0; first < flows.size(); first += length++ % 65) {
      const std::size_t count = std::min(length % 65, flows.size() - first);
      function(kFixedKey, Ipv6Flows{clients, vips, in_place}.Subspan(first, count),
               std::span(hashes).subspan(first, count));
    }
    CHECK(hashes == expected);
  };
  check(HashIpv6Flows);
  check(HashIpv6FlowsPortable);
  if (__builtin_cpu_supports("aes")) check(HashIpv6FlowsWithAes);
  if (__builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512f"))
    check(HashIpv6FlowsWithVaes);
}

TEST_CASE("one flow and many flows are hashed alike", "[tables]") {
  const auto flows = RandomFlows(64);
  const auto hashes = HashesBy(HashFlows, flows);
  for (std::size_t i = 0; i < flows.size(); ++i) CHECK(HashFlow(kFixedKey, flows[i]) == hashes[i]);
}

// FIPS 197, Appendix B: the state after round 1, from the one before it.
TEST_CASE("the portable round is that of the standard", "[tables]") {
  auto state = SoftwareAes::Load({0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6, 0x8d,
                                  0x2a, 0xe9, 0xf8, 0x48, 0x08});
  state.Round(SoftwareAes::Load({0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3, 0x39,
                                 0x39, 0x2a, 0x6c, 0x76, 0x05}));
  CHECK(state.state == AesBytes{0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b, 0x6b, 0x5b, 0xea,
                                0x43, 0x02, 0x6a, 0x50, 0x49});
}

TEST_CASE("every bit of every field matters, and changes about half of the hash", "[tables]") {
  const bool v4 = GENERATE(true, false);
  std::mt19937_64 random(7);
  const FlowKey flow{RandomAddress(random, v4), RandomAddress(random, v4), 40000, 443,
                     Protocol::kTcp};
  std::vector<FlowKey> changed;
  for (std::size_t bit = v4 ? 96 : 0; bit < 128; ++bit) {
    for (IpAddress FlowKey::*field : {&FlowKey::client, &FlowKey::vip}) {
      IpAddress::Bytes bytes = (flow.*field).bytes();
      bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      changed.emplace_back(flow).*field = IpAddress::FromV6(bytes);
    }
  }
  for (unsigned bit = 0; bit < 16; ++bit)
    for (std::uint16_t FlowKey::*field : {&FlowKey::client_port, &FlowKey::vip_port})
      changed.emplace_back(flow).*field ^= static_cast<std::uint16_t>(1U << bit);
  changed.emplace_back(flow).protocol = Protocol::kUdp;

  const FlowHash hash = HashFlow(kFixedKey, flow);
  for (const FlowKey& other : changed) {
    CAPTURE(other.ToString());
    const int different = DifferentBits(hash, HashFlow(kFixedKey, other));
    CHECK(different > 30);
    CHECK(different < 98);
  }
}

TEST_CASE("another secret gives other hashes", "[tables]") {
  const FlowHash hash = HashOf(1);
  for (int bit = 0; bit < 128; ++bit) {
    HashKey other = testing::kFixedKey;
    other.words[bit / 64] ^= std::uint64_t{1} << bit % 64;
    CHECK(DifferentBits(hash, HashFlow(other, Flow(1))) > 30);
  }
  CHECK(HashFlow(HashKey::Random(), Flow(1)).fingerprint !=
        HashFlow(HashKey::Random(), Flow(1)).fingerprint);
}

// Neighbouring ports and addresses, as a flood has them.
TEST_CASE("neighbouring flows spread over all buckets, with different fingerprints", "[tables]") {
  constexpr std::uint32_t kFlows = 1 << 17;
  constexpr std::size_t kBuckets = 1 << 10;
  std::vector<unsigned> load(kBuckets);
  std::set<std::uint64_t> fingerprints;
  for (std::uint32_t n = 0; n < kFlows; ++n) {
    const FlowHash hash = HashOf(n);
    ++load[hash.bucket % kBuckets];
    fingerprints.insert(hash.fingerprint);
  }
  CHECK(fingerprints.size() == kFlows);
  CHECK(fingerprints.count(0) == 0);
  // 128 a bucket on average, deviation 11.3: six of them to each side.
  CHECK(*std::min_element(load.begin(), load.end()) > 128 - 68);
  CHECK(*std::max_element(load.begin(), load.end()) < 128 + 68);
}

}  // namespace
}  // namespace holdfast
