// Interruption: what a Ctrl-C, or a SIGTERM, ends instead of the program. The second one ends the
// program.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace holdfast::cli {

// One at a time.
class Interruption {
 public:
  // `end` is called once, on a thread of its own, while this lives.
  explicit Interruption(std::function<void()> end);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  [[nodiscard]] bool happened() const;

 private:
  struct sigaction before_int_ = {};
  struct sigaction before_term_ = {};
  std::jthread watch_;
};

}  // namespace holdfast::cli
