#include "datapath/stages.h"

namespace holdfast {

void ChooseByMethod(Batch& batch, TargetLines& lines, MethodChooser& chooser) {
  if (!batch.turn().snapshot->AnyLeavesRing()) return;
  chooser.CountAnew();
  batch.ForEachOpen([&](PacketContext& packet) {
    const ServiceView& service = batch.service(packet);
    if (!packet.is_request || !service.balancing.LeavesRing()) return;
    const auto target =
        chooser.Choose(packet.destination.service(), service, batch.key(packet).client);
    TargetLine* const line = target ? lines.Find(*target) : nullptr;
    if (line == nullptr) return;
    packet.Decide(*line, Step::kBalanced);
    packet.decision = Decision::kBalanced;
  });
}

}  // namespace holdfast
