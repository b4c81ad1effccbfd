#include "datapath/target_lines.h"

#include "base/own_address.h"

namespace holdfast {

TargetLine* TargetLines::Make(TargetHandle handle, std::uint64_t allowed) {
  const TargetView* const target = snapshot_->Find(handle);
  if (target == nullptr) return nullptr;
  const std::uint64_t care = target->down_somewhere ? kWithCare : 0;
  if (care > allowed) return nullptr;
  TargetLine& line = lines_[handle.slot()];
  if (PathOf(line).made_for == (stamp_ | care | handle.raw())) return &line;
  const WorkerPort& port = ports_[target->port];
  const auto mac = neighbours_.Find(handle.slot());
  TargetPath path{.made_for = stamp_ | care | handle.raw(), .port = target->port};
  if (mac) {
    path.longest_frame = static_cast<std::uint16_t>(port.longest_frame);
    path.header = OuterHeader(*mac, port.mac, OwnAddressFor(port.addresses, target->address),
                              target->address);
  }
  PathOf(line) = path;
  return &line;
}

}  // namespace holdfast
