// How many instructions a worker's turns take, for each packet of each mix.
//
//   instructions              counts by the processor; status 77 where it cannot
//   instructions --bare [MIX] only carries them out: callgrind counts what is in
//                             CountedTurn(), and tells at the end of each mix, EndOfMix()
//
// Prints a line for each mix: packets, instructions (0 with --bare), name.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "guard/instruction_counter.h"
#include "guard/packet_mix.h"

namespace holdfast::guard {

constexpr std::size_t kTurns = 48;
constexpr std::size_t kWarmUp = 16;  // turns that do not count

[[gnu::noinline]] void CountedTurn(Worker& worker) {
  worker.RunTurn();
  std::atomic_signal_fence(std::memory_order_seq_cst);  // no tail call: it is left after the turn
}

[[gnu::noinline]] void EndOfMix() { std::fflush(stdout); }

namespace {

[[noreturn]] void Fail(const PacketMix& mix, const char* what) {
  std::fprintf(stderr, "instructions: %s: %s\n", mix.name.c_str(), what);
  std::exit(1);
}

class Count {
 public:
  explicit Count(const InstructionCounter* counter) : counter_(counter) {}

  void Turn(Worker& worker) {
    if (counter_ == nullptr) return CountedTurn(worker);
    const std::uint64_t before = counter_->Read();
    CountedTurn(worker);
    instructions_ += counter_->Read() - before;
  }
  [[nodiscard]] std::uint64_t instructions() const { return instructions_; }

 private:
  const InstructionCounter* counter_;  // may be null
  std::uint64_t instructions_ = 0;
};

void Measure(const PacketMix& mix, const InstructionCounter* counter) {
  TestAppliance appliance(mix.appliance);
  if (mix.prepare) mix.prepare(appliance);
  for (std::size_t turn = 0; turn < kWarmUp; ++turn) Turn(appliance, mix.frames(turn));
  Count count(counter);
  appliance.rcu.Online(WorkerId{0});
  for (std::size_t turn = kWarmUp; turn < kWarmUp + kTurns; ++turn) {
    if (!Deliver(appliance, mix.frames(turn))) Fail(mix, "a frame found no room");
    count.Turn(appliance.worker(0));
    TakeAll(appliance);
  }
  appliance.rcu.Offline(WorkerId{0});
  const std::uint64_t received = (kWarmUp + kTurns) * kPacketsPerTurn;
  if (appliance.counters().rx_packets.Read() < received || !appliance.AllAccounted())
    Fail(mix, "not every packet was received and accounted for");
  std::printf("%zu %lu %s\n", kTurns * kPacketsPerTurn, count.instructions(), mix.name.c_str());
  EndOfMix();
}

}  // namespace
}  // namespace holdfast::guard

int main(int argc, char** argv) {
  using namespace holdfast::guard;
  const bool bare = argc > 1 && std::string_view(argv[1]) == "--bare";
  const std::optional<InstructionCounter> counter =
      bare ? std::nullopt : InstructionCounter::Open();
  if (!bare && !counter) {
    std::fprintf(stderr, "instructions: this machine has no counter of instructions\n");
    return 77;
  }
  const std::string_view only = argc > 2 ? argv[2] : "";
  for (const PacketMix& mix : PacketMixes())
    if (only.empty() || mix.name == only) Measure(mix, counter ? &*counter : nullptr);
}
