// KernelShare: the kernel's interfaces for ports that have one, and the thread that moves
// frames between them and the workers.
//
// Thread: the management core. Families() is any thread's.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/kernel_lane.h"
#include "datapath/kernel_mover.h"
#include "datapath/port.h"
#include "kernel/tap.h"
#include "stats/samples.h"

namespace holdfast {

class KernelShare {
 public:
  // nullptr when no port is to have an interface. The interfaces are up afterwards; nothing
  // comes by them yet. The status names the interface, and what it refuses.
  static absl::StatusOr<std::unique_ptr<KernelShare>> Create(
      const std::vector<std::unique_ptr<Port>>& ports, std::size_t workers, rte_mempool* packets);
  ~KernelShare();  // stops; the interfaces go
  KernelShare(const KernelShare&) = delete;
  KernelShare& operator=(const KernelShare&) = delete;

  // Starts the thread, on the CPU of the one that calls.
  void Start();

  [[nodiscard]] KernelLane* lane(std::size_t worker) { return lanes_[worker].get(); }
  // holdfast_kernel_*: by port.
  [[nodiscard]] std::vector<Family> Families() const;

 private:
  KernelShare() = default;
  absl::Status MakeInterface(const Port& port);
  absl::Status MakeLanes(std::size_t workers, rte_mempool* packets);
  void Run();

  std::vector<Tap> taps_;
  std::vector<std::string> ports_;  // their names
  std::vector<std::unique_ptr<KernelLane>> lanes_;
  std::unique_ptr<KernelMover> mover_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace holdfast
