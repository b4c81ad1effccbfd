// What the kernel makes of packets on an interface (/proc/sys/net/ipv4/conf/... and ipv6).
//
// Thread: any.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace holdfast {

// For an interface that stands for a port. Packets may come by it that leave by another,
// and from a VIP; and its addresses are those that were configured, and no others:
//   rp_filter 0, or 2 where net.ipv4.conf.all.rp_filter asks for a check; arp_announce 2;
//   accept_ra 0.
// The status names file, value and reason.
absl::Status PrepareSharedInterface(const std::string& interface);

// For an interface that a port's device is on, where the kernel hears every frame as well
// (af_packet): it must take none for its own, or it gets them twice. Without addresses and
// routes, that is: rp_filter 1, disable_ipv6 1.
absl::Status SilenceInterfaceUnderPort(const std::string& interface);

}  // namespace holdfast
