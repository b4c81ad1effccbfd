#include "cli/interruption.h"

#include <atomic>
#include <chrono>
#include <utility>

namespace holdfast::cli {
namespace {

// A handler may do no more than set it: any of gRPC's threads may be interrupted.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

constexpr std::chrono::milliseconds kInterval(20);

}  // namespace

Interruption::Interruption(std::function<void()> end) {
  interrupted = false;
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
  watch_ = std::jthread([end = std::move(end)](const std::stop_token& stop) {
    while (!stop.stop_requested() && !interrupted) std::this_thread::sleep_for(kInterval);
    if (interrupted) end();
  });
}

Interruption::~Interruption() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

bool Interruption::happened() const { return interrupted; }

}  // namespace holdfast::cli
