// PacketMix: a kind of packets that a worker gets, always the same ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/frame.h"
#include "support/test_appliance.h"

namespace holdfast::guard {

inline constexpr std::size_t kPacketsPerTurn = 256;

struct PacketMix {
  std::string name;
  TestAppliance::Options appliance;
  // Before any turn is counted; may be empty.
  std::function<void(TestAppliance&)> prepare;
  // The frames of a turn, counted from 0.
  std::function<std::vector<Frame>(std::size_t turn)> frames;
};

// Puts the frames on the wire to the worker. False when one found no room.
bool Deliver(TestAppliance& appliance, const std::vector<Frame>& frames);
// Takes off the wire what the worker sent.
void TakeAll(TestAppliance& appliance);
// A turn that does not count.
void Turn(TestAppliance& appliance, const std::vector<Frame>& frames);

// Those that the guard watches, in the order in which it tells of them.
std::vector<PacketMix> PacketMixes();

}  // namespace holdfast::guard
