#include "datapath/stages.h"

namespace holdfast {
namespace {

// Neighbours in a batch often go the same way: they are added at once.
struct Run {
  const PacketContext* first = nullptr;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  [[nodiscard]] bool Takes(const PacketContext& packet) const {
    return first != nullptr && first->service == packet.service && first->step == packet.step &&
           first->target == packet.target;
  }
  void AddTo(WorkerCounters& counters) const {
    if (first == nullptr) return;
    ServiceCounters& service = counters.services[Index(first->service)];
    TargetCounters& target = counters.targets[first->target->handle.slot()];
    service.packets[first->step].Add(packets);
    service.bytes.Add(bytes);
    target.packets.Add(packets);
    target.bytes.Add(bytes);
  }
};

void CountForwarded(Batch& batch, WorkerCounters& counters) {
  Run run;
  for (const PacketContext& packet : batch.packets()) {
    if (packet.state != PacketState::kDecided) continue;
    if (!run.Takes(packet)) {
      run.AddTo(counters);
      run = {.first = &packet};
    }
    ++run.packets;
    run.bytes += packet.frame_length;
  }
  run.AddTo(counters);
}

void CountDecisions(Batch& batch, WorkerCounters& counters) {
  for (const PacketContext& packet : batch.packets()) {
    if (!packet.decision) continue;
    counters.services[Index(packet.service)].requests[*packet.decision].Add(1);
    if (packet.target != nullptr)
      counters.targets[packet.target->handle.slot()].requests[*packet.decision].Add(1);
  }
}

}  // namespace

void Account(Batch& batch, WorkerCounters& counters) {
  CountForwarded(batch, counters);
  CountDecisions(batch, counters);
}

}  // namespace holdfast
