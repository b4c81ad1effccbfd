// Look-ups of affinities, as a connection request makes them: in bursts, asked first
// and found afterwards.
#include <array>
#include <string>

#include "bench/flows.h"
#include "bench/key_stream.h"
#include "bench/rounds.h"
#include "bench/row.h"
#include "bench/tables.h"
#include "tables/affinity_table.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kCells = 1'000'000;
constexpr ServiceSlot kWeb{0};
constexpr ServiceSlot kNone{1};  // a service without affinities

// `kind`, two bits: which ports the cell names.
AffinityCell CellOf(const FlowKey& flow, std::size_t kind) {
  return {.service = kWeb,
          .client = flow.client,
          .client_port = (kind & 2) != 0 ? flow.client_port : std::uint16_t{0},
          .service_port = (kind & 1) != 0 ? flow.vip_port : std::uint16_t{0}};
}

AffinityTable TableOf(const std::vector<FlowKey>& flows, std::size_t classes) {
  auto table = AffinityTable::Create(kCells, HashKey::Random(), MemoryKind::kHugePages);
  if (!table.ok()) Fail(table.status().ToString());
  AffinityTable::Writer writer(*table);
  for (std::size_t i = 0; i < flows.size(); ++i)
    if (!writer.Insert(CellOf(flows[i], i % classes), {})) Fail("a cell found no room");
  return *std::move(table);
}

std::uint64_t FindAll(const AffinityTable& table, const KeyStream<FlowKey>& flows,
                      ServiceSlot service) {
  std::array<std::array<AffinityTable::Question, kBurst>, 2> questions;
  std::uint64_t found = 0;
  std::size_t before = 0;
  for (std::size_t first = 0, turn = 0; first < flows.size() || before != 0;
       first += kBurst, ++turn) {
    const auto burst = flows.Take(first, kBurst);
    for (std::size_t i = 0; i < burst.size(); ++i)
      questions[turn % 2][i] =
          table.Ask(service, burst[i].client, burst[i].client_port, burst[i].vip_port);
    for (std::size_t i = 0; i < before; ++i)
      found += table.Find(questions[1 - turn % 2][i], [](TargetHandle) { return true; }) ? 1 : 0;
    before = burst.size();
  }
  if (found != (service == kNone ? 0 : flows.size())) Fail("an affinity was not found");
  return flows.size();
}

}  // namespace

void BenchAffinityLookups(const Options& options) {
  const auto flows = OnePerClient(Family::kV4, kCells);  // each has a cell of its own
  const KeyStream<FlowKey> stream(flows);
  const AffinityTable one_class = TableOf(flows, 1);
  const AffinityTable four_classes = TableOf(flows, 4);
  const auto measured = Measure({{[&] { return FindAll(one_class, stream, kNone); }},
                                 {[&] { return FindAll(one_class, stream, kWeb); }},
                                 {[&] { return FindAll(four_classes, stream, kWeb); }}},
                                options.rounds());
  const std::array<std::string, 3> names = {"service without affinities", "1 class", "4 classes"};
  for (std::size_t i = 0; i < names.size(); ++i)
    Print({.name = "affinity lookup, 1M cells, " + names[i],
           .value = measured[i].per_second / kMillion,
           .unit = "M/s",
           .spread = measured[i].spread});
}

}  // namespace holdfast::bench
