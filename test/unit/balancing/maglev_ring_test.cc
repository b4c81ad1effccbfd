#include "balancing/maglev_ring.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "balancing/ring_hash.h"
#include "balancing/stable_mix.h"

namespace holdfast {
namespace {

using Choice = MaglevRing::Choice;

constexpr std::uint64_t kSeed = 2026;

// "target-1" to "target-N", of weight 100, with the values 1 to N.
std::vector<Choice> Targets(std::uint16_t count) {
  std::vector<Choice> targets;
  for (std::uint16_t n = 1; n <= count; ++n)
    targets.push_back({"target-" + std::to_string(n), 100, n});
  return targets;
}

// A hash that falls on the place: one for each.
std::uint64_t HashAt(std::uint32_t place) {
  return static_cast<std::uint64_t>((static_cast<double>(place) + 0.5) / MaglevRing::kSize *
                                    18446744073709551616.0);
}

std::vector<std::uint16_t> Places(const MaglevRing& ring) {
  std::vector<std::uint16_t> places;
  for (std::uint32_t place = 0; place < MaglevRing::kSize; ++place)
    places.push_back(ring.Pick(HashAt(place)));
  return places;
}

double PartThatDiffers(const MaglevRing& a, const MaglevRing& b) {
  const auto in_a = Places(a);
  const auto in_b = Places(b);
  int differ = 0;
  for (std::size_t i = 0; i < in_a.size(); ++i) differ += in_a[i] != in_b[i] ? 1 : 0;
  return static_cast<double>(differ) / MaglevRing::kSize;
}

std::uint64_t Digest(const MaglevRing& ring) {
  std::uint64_t digest = 0;
  for (const std::uint16_t place : Places(ring)) digest = StableMix(digest ^ place);
  return digest;
}

TEST_CASE("P4: equal weights give equal shares", "[balancing]") {
  const std::uint16_t count = GENERATE(1, 2, 3, 10, 100);
  const MaglevRing ring(Targets(count), kSeed);
  for (const Choice& target : Targets(count))
    CHECK(ring.Share(target.value) * count == Approx(1).epsilon(0.03));
}

TEST_CASE("P4: shares follow the weights", "[balancing]") {
  auto targets = Targets(4);
  const std::uint32_t weights[] = {100, 50, 200, 1};
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].weight = weights[i];
  const MaglevRing ring(targets, kSeed);
  for (const Choice& target : targets)
    CHECK(ring.Share(target.value) * 351 / target.weight == Approx(1).epsilon(0.05));
}

TEST_CASE("P4: a share is the part of the hashes that are given to the choice", "[balancing]") {
  const MaglevRing ring(Targets(3), kSeed);
  const auto places = Places(ring);
  for (std::uint16_t value = 0; value <= 4; ++value)
    CHECK(ring.Share(value) * MaglevRing::kSize ==
          Approx(static_cast<double>(std::count(places.begin(), places.end(), value))));
}

TEST_CASE("P4: weight 0 is never chosen", "[balancing]") {
  auto targets = Targets(3);
  targets[1].weight = 0;
  const MaglevRing ring(targets, kSeed);
  CHECK(ring.Share(2) == 0);
  CHECK(ring.Share(1) + ring.Share(3) == Approx(1));
  targets.erase(targets.begin() + 1);
  CHECK(PartThatDiffers(ring, MaglevRing(targets, kSeed)) == 0);
}

TEST_CASE("P4: without a choice the ring is empty", "[balancing]") {
  CHECK(MaglevRing().empty());
  CHECK(MaglevRing({}, kSeed).empty());
  auto targets = Targets(2);
  for (Choice& target : targets) target.weight = 0;
  CHECK(MaglevRing(targets, kSeed).empty());
  CHECK(MaglevRing(targets, kSeed).Share(1) == 0);
}

TEST_CASE("P4: the removal of one of N moves about 1/N of the hashes", "[balancing]") {
  const std::uint16_t count = GENERATE(2, 5, 10, 50);
  CAPTURE(count);
  auto targets = Targets(count);
  const MaglevRing all(targets, kSeed);
  targets.erase(targets.begin() + count / 2);
  const double moved = PartThatDiffers(all, MaglevRing(targets, kSeed));
  CHECK(moved * count >= 0.97);
  CHECK(moved * count < 1.5);
}

TEST_CASE("P4: a changed weight moves little more than the share that it is worth", "[balancing]") {
  auto targets = Targets(10);
  const MaglevRing before(targets, kSeed);
  targets[4].weight = 50;
  CHECK(PartThatDiffers(before, MaglevRing(targets, kSeed)) < 0.15);
}

TEST_CASE("P4: the order of the choices and their values mean nothing", "[balancing]") {
  auto targets = Targets(7);
  const MaglevRing ring(targets, kSeed);
  std::reverse(targets.begin(), targets.end());
  CHECK(PartThatDiffers(ring, MaglevRing(targets, kSeed)) == 0);
  for (Choice& target : targets) target.value = static_cast<std::uint16_t>(target.value + 100);
  const MaglevRing renamed(targets, kSeed);
  for (std::uint32_t place = 0; place < MaglevRing::kSize; place += 97)
    CHECK(renamed.Pick(HashAt(place)) == ring.Pick(HashAt(place)) + 100);
}

TEST_CASE("P4: another seed gives another ring", "[balancing]") {
  CHECK(PartThatDiffers(MaglevRing(Targets(10), 1), MaglevRing(Targets(10), 2)) ==
        Approx(0.9).margin(0.03));
}

TEST_CASE("the first and the last hash have their place", "[balancing]") {
  const MaglevRing ring(Targets(2), kSeed);
  const auto places = Places(ring);
  CHECK(ring.Pick(0) == places.front());
  CHECK(ring.Pick(~std::uint64_t{0}) == places.back());
}

// Appliances of different releases share clients. When one of these numbers
// changes, an upgrade moves nearly every client that has no table entry.
TEST_CASE("P4: rings and hashes are what they were in every release", "[balancing]") {
  CHECK(StableMix(std::uint64_t{0}) == 0xe220a8397b1dcdaf);  // splitmix64's first output
  CHECK(StableMix("target-1", kSeed) == 0x274aa5403ddbdc42);
  CHECK(Digest(MaglevRing(Targets(3), kSeed)) == 0xfd282bf788dc6a3a);
  auto weighted = Targets(3);
  weighted[0].weight = 10;
  weighted[2].weight = 250;
  CHECK(Digest(MaglevRing(weighted, 0)) == 0x142aad471ebd9922);

  const FlowKey v4{IpAddress::FromV4(0xc6336407), IpAddress::FromV4(0xc0000201), 40000, 80,
                   Protocol::kTcp};
  const FlowKey v6{IpAddress::FromV6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}),
                   IpAddress::FromV6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}),
                   40000, 53, Protocol::kUdp};
  CHECK(RingHash(v4, kSeed) == 0xa8fdbfa197cf2ba8);
  CHECK(RingHash(v6, kSeed) == 0xaee947140b8ee357);
}

TEST_CASE("P4: an IPv4 flow has the same place on a ring, in whichever form it is", "[balancing]") {
  for (std::uint64_t n = 0; n < 1000; ++n) {
    const std::uint64_t random = StableMix(n);
    const FlowKey flow{IpAddress::FromV4(static_cast<std::uint32_t>(random)),
                       IpAddress::FromV4(static_cast<std::uint32_t>(random >> 32)),
                       static_cast<std::uint16_t>(n), static_cast<std::uint16_t>(~n),
                       n % 2 == 0 ? Protocol::kTcp : Protocol::kUdp};
    REQUIRE(RingHasher(kSeed + n).Of(Ipv4Tuple::Of(flow)) == RingHash(flow, kSeed + n));
  }
}

// The ring is asked with hashes of flows; neighbouring clients and ports must not
// gather at one target.
TEST_CASE("P4: neighbouring flows spread over the targets", "[balancing]") {
  const MaglevRing ring(Targets(4), kSeed);
  std::array<int, 5> count{};
  for (std::uint32_t client = 0; client < 100; ++client)
    for (std::uint16_t port = 40000; port < 40400; ++port)
      ++count[ring.Pick(RingHash({IpAddress::FromV4(0x0a000000 + client),
                                  IpAddress::FromV4(0xc0000201), port, 80, Protocol::kTcp},
                                 kSeed))];
  for (std::size_t value = 1; value < count.size(); ++value)
    CHECK(count[value] == Approx(10'000).epsilon(0.05));
}

}  // namespace
}  // namespace holdfast
