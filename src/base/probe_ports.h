// The ports of own addresses that health checks come from, this one and all above: beyond those
// that Linux gives its own connections (net.ipv4.ip_local_port_range).
#pragma once

#include <cstdint>

namespace holdfast {

inline constexpr std::uint16_t kFirstProbePort = 61000;

}  // namespace holdfast
