// Fragments: one worker's view of datagrams that come in pieces. The first fragment has the ports
// and goes as any packet; the later ones follow it, by addresses, protocol and identification.
//
// A later fragment that comes before its first one waits here: at most kWaiting of them, each for
// kPatienceMs. Nobody puts a datagram together: that is its target's.
//
// Thread: the worker. The FragmentTable behind it is all workers'.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/functional/function_ref.h"
#include "base/flow_key.h"
#include "tables/fragment_table.h"
#include "wire/parse.h"

struct rte_mbuf;

namespace holdfast {

class Fragments {
 public:
  static constexpr std::size_t kWaiting = 256;
  static constexpr std::uint64_t kPatienceMs = 500;

  // `table` outlives it. `key`: the same for all workers.
  Fragments(FragmentTable& table, const HashKey& key, std::uint64_t cycles_per_second)
      : table_(table), key_(key), patience_(cycles_per_second / 1000 * kPatienceMs) {}

  // What stands for a datagram where flows have a key: no flow has the same one.
  static FlowKey DatagramOf(const ParsedPacket& fragment);
  [[nodiscard]] FlowHash HashOf(const FlowKey& datagram) const { return HashFlow(key_, datagram); }

  [[nodiscard]] std::optional<FragmentTable::Way> Find(const FlowHash& datagram,
                                                       CoarseTick now) const {
    return table_.Find(datagram, now);
  }
  void Remember(const FlowHash& datagram, const FragmentTable::Way& way, CoarseTick now) {
    table_.Insert(datagram, way, now);
  }

  // Takes the mbuf; false when there is no room. `port`: where it came from.
  bool Hold(rte_mbuf* mbuf, PortIndex port, const FlowHash& datagram, std::uint64_t cycles);
  [[nodiscard]] bool anyone_waits() const { return waiting_count_ != 0; }
  // Gives back those whose first fragment has come meanwhile, of the port of the first of them.
  struct Ready {
    PortIndex port{};
    std::size_t count = 0;
  };
  Ready TakeReady(std::span<rte_mbuf*> ready, CoarseTick now);
  // Frees those that have waited for too long; how many. Shows each before.
  std::size_t GiveUp(std::uint64_t cycles,
                     absl::FunctionRef<void(const rte_mbuf*, PortIndex)> show);

 private:
  struct Waiting {
    rte_mbuf* mbuf = nullptr;
    FlowHash datagram;
    std::uint64_t until = 0;  // TSC
    PortIndex port{};
  };

  FragmentTable& table_;
  const HashKey key_;
  const std::uint64_t patience_;
  std::size_t waiting_count_ = 0;
  std::array<Waiting, kWaiting> waiting_;  // in the order of their arrival
};

}  // namespace holdfast
