#include "balancing/least_connections.h"

#include <algorithm>

namespace holdfast {

LeastConnections::LeastConnections(std::span<const MaglevRing::Choice> choices) {
  std::vector<const MaglevRing::Choice*> chosen;
  for (const MaglevRing::Choice& choice : choices)
    if (choice.weight != 0) chosen.push_back(&choice);
  std::ranges::sort(chosen, {}, &MaglevRing::Choice::name);
  for (const MaglevRing::Choice* choice : chosen)
    choices_.push_back({kOne / choice->weight, choice->value});
}

}  // namespace holdfast
