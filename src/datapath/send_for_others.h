// SendForOthers: a worker with a transmit queue sends for those who have none of their own
// there, since their device has too few: by a ring from each. What the device has no room for
// waits, and then the rings fill up: who puts frames in is told.
//
// Thread: the worker.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "datapath/outgoing_frame.h"
#include "datapath/worker_ports.h"

namespace holdfast {

class SendForOthers {
 public:
  // `rings`: from whom there is something to send; nullptr where there is nothing. They
  // outlive it.
  explicit SendForOthers(std::vector<OutgoingRing*> rings);
  ~SendForOthers();
  SendForOthers(const SendForOthers&) = delete;
  SendForOthers& operator=(const SendForOthers&) = delete;

  // True when something was sent.
  bool Send(const WorkerPorts& ports);

 private:
  // Popped, but not sent yet.
  struct Waiting {
    OutgoingRing* ring = nullptr;
    std::size_t first = 0;
    std::size_t end = 0;
    std::array<OutgoingFrame, 64> frames;
  };
  static std::size_t SendSome(Waiting& waiting, const WorkerPorts& ports);

  std::vector<Waiting> waiting_;
};

}  // namespace holdfast
