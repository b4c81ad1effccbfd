// The sentences about captured packets.
#pragma once

#include <string>

#include "control/capture_desk.h"

namespace holdfast {

// What became of it:
//   forwarded to web-2 by affinity (service web)
//   dropped as no_neighbour: <help>; on its way to web-2 by balanced (service web)
//   dropped as no_target: <help>; answered with tcp_reset
//   local: arp_request; answered with arp_reply
//   kernel: handed to the port's kernel interface
//   held: a later fragment that waits for its first one
std::string InWords(const CapturedPacket& packet);

}  // namespace holdfast
