// Has the kernel send what is for an address by one interface, without asking anybody there for
// its MAC: what reads the interface's frames knows better where they go.
//
// Thread: one at a time.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/ip_address.h"

namespace holdfast {

// A neighbour entry; and for IPv6 a route by the interface, which the kernel wants even for a
// socket that is bound to it (protocol 200). Both go with the interface; again is no error. The
// status names address, interface and the kernel's reason.
absl::Status PutOnLink(const IpAddress& address, const std::string& interface);

}  // namespace holdfast
