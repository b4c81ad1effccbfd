#include "datapath/target_lines.h"

#include "base/own_address.h"

namespace holdfast {

TargetLine* TargetLines::Make(TargetHandle handle) {
  const TargetView* const target = snapshot_->Find(handle);
  if (target == nullptr) return nullptr;
  const WorkerPort& port = ports_[target->port];
  const auto mac = neighbours_.Find(handle.slot());
  TargetPath path{.made_for = stamp_ | handle.raw(), .port = target->port};
  if (mac) {
    path.longest_frame = static_cast<std::uint16_t>(port.longest_frame);
    path.header = OuterHeader(*mac, port.mac, OwnAddressFor(port.addresses, target->NextHop()),
                              target->address);
  }
  TargetLine& line = lines_[handle.slot()];
  PathOf(line) = path;
  return &line;
}

}  // namespace holdfast
