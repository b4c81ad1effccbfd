#include "balancing/turn_schedule.h"

#include <algorithm>
#include <numeric>
#include <queue>
#include <tuple>

namespace holdfast {
namespace {

using Choice = MaglevRing::Choice;

std::vector<Choice> InOrderOfNames(std::span<const Choice> choices) {
  std::vector<Choice> chosen;
  std::ranges::copy_if(choices, std::back_inserter(chosen),
                       [](const Choice& choice) { return choice.weight != 0; });
  std::ranges::sort(chosen, {}, &Choice::name);
  return chosen;
}

std::uint64_t Sum(const std::vector<std::uint64_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

// How many turns each has in a round.
std::vector<std::uint64_t> TurnsOf(const std::vector<Choice>& choices) {
  std::uint64_t divisor = 0;
  std::vector<std::uint64_t> turns;
  for (const Choice& choice : choices) {
    divisor = std::gcd(divisor, std::uint64_t{choice.weight});
    turns.push_back(choice.weight);
  }
  for (std::uint64_t& count : turns) count /= divisor;
  const std::uint64_t all = Sum(turns);
  if (all <= TurnSchedule::kMostTurns) return turns;
  const std::uint64_t most = TurnSchedule::kMostTurns;
  for (std::uint64_t& count : turns)
    count = std::max<std::uint64_t>((count * most + all / 2) / all, 1);
  return turns;
}

// The next turn of a choice: not before `release`, so that it does not run ahead; and
// before `deadline`, so that it does not fall behind.
struct Turn {
  std::uint64_t release = 0;
  std::uint64_t deadline = 0;
  std::size_t choice = 0;
  std::uint64_t number = 0;
};
struct LaterRelease {
  bool operator()(const Turn& a, const Turn& b) const {
    return std::tie(a.release, a.choice) > std::tie(b.release, b.choice);
  }
};
struct LaterDeadline {
  bool operator()(const Turn& a, const Turn& b) const {
    return std::tie(a.deadline, a.choice) > std::tie(b.deadline, b.choice);
  }
};

// Turn `number` of `count` in a round of `all` turns.
Turn TurnOf(std::size_t choice, std::uint64_t number, std::uint64_t count, std::uint64_t all) {
  return {number * all / count, ((number + 1) * all + count - 1) / count, choice, number};
}

}  // namespace

// Of those who may, the one goes first whose turn must not come later. It is known of this
// order that nobody misses a deadline (earliest deadline first, one processor).
TurnSchedule::TurnSchedule(std::span<const Choice> choices) {
  const std::vector<Choice> chosen = InOrderOfNames(choices);
  if (chosen.empty()) return;
  const std::vector<std::uint64_t> counts = TurnsOf(chosen);
  const std::uint64_t all = Sum(counts);
  std::priority_queue<Turn, std::vector<Turn>, LaterRelease> waiting;
  std::priority_queue<Turn, std::vector<Turn>, LaterDeadline> ready;
  for (std::size_t i = 0; i < chosen.size(); ++i) waiting.push(TurnOf(i, 0, counts[i], all));
  turns_.reserve(all);
  for (std::uint64_t now = 0; now < all; ++now) {
    for (; !waiting.empty() && waiting.top().release <= now; waiting.pop())
      ready.push(waiting.top());
    const Turn turn = ready.top();
    ready.pop();
    turns_.push_back(chosen[turn.choice].value);
    if (turn.number + 1 < counts[turn.choice])
      waiting.push(TurnOf(turn.choice, turn.number + 1, counts[turn.choice], all));
  }
}

}  // namespace holdfast
