#include "datapath/target_lines.h"

#include "datapath/own_address.h"

namespace holdfast {

void TargetLines::Make(const TargetView& target, Line& line) const {
  const WorkerPort& port = ports_[target.port];
  const auto mac = neighbours_.Find(target.handle.slot());
  line.made_for = stamp_;
  line.longest_frame = port.longest_frame;
  line.resolved = mac.has_value();
  if (mac)
    line.header =
        OuterHeader(*mac, port.mac, OwnAddressFor(port.addresses, target.address), target.address);
}

}  // namespace holdfast
