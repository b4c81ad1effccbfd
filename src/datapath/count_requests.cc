#include "datapath/stages.h"

namespace holdfast {
namespace {

// Neighbours in a batch often are for the same service: they are added at once.
class RequestRun {
 public:
  explicit RequestRun(WorkerCounters& counters) : counters_(counters) {}

  void Add(ServiceSlot service, Decision decision) {
    if (service != service_ || decision != decision_) [[unlikely]]
      Begin(service, decision);
    ++requests_;
  }
  void End() {
    if (requests_ != 0) counters_.services[Index(service_)].requests[decision_].Add(requests_);
  }

 private:
  void Begin(ServiceSlot service, Decision decision) {
    End();
    service_ = service;
    decision_ = decision;
    requests_ = 0;
  }

  WorkerCounters& counters_;
  ServiceSlot service_ = kNoService;
  Decision decision_{};
  std::uint64_t requests_ = 0;
};

}  // namespace

void CountRequests(Batch& batch, WorkerCounters& counters) {
  RequestRun run(counters);
  for (const PacketContext& packet : batch.unknown()) {
    if (!packet.decision) continue;
    run.Add(packet.destination.service(), *packet.decision);
    if (packet.line == nullptr) continue;
    const std::size_t target = PathOf(*packet.line).handle().slot();
    counters.target_requests[target].requests[*packet.decision].Add(1);
  }
  run.End();
}

}  // namespace holdfast
