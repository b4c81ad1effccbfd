// CaptureStream: one Capture call.
//
// Takes what workers captured in visits to the management loop, some each time, and writes it from
// gRPC's threads: neither the loop nor a worker waits for a slow reader; its packets are lost.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <string>

#include "control/capture_desk.h"
#include "control/management_loop.h"
#include "holdfast/v1/admin.pb.h"
#include "rpc/loop_visits.h"

namespace holdfast {

class CaptureStream final : public grpc::ServerWriteReactor<v1::CaptureResponse> {
 public:
  // Begins at once; destroys itself when the call is done, which ends the capture.
  CaptureStream(ManagementLoop& loop, CaptureDesk& desk, CaptureOrder order, std::string peer);

  void OnWriteDone(bool ok) override;
  void OnCancel() override { visits_.Cancel(); }
  void OnDone() override;

 private:
  // On the loop.
  void Begin();
  void TakePage();

  void WriteNext();
  void WriteEnd();
  void TakeLater();

  ManagementLoop& loop_;
  CaptureDesk& desk_;
  const CaptureOrder order_;
  const std::string peer_;
  LoopVisits visits_;

  std::uint64_t number_ = 0;  // of the capture; 0: it did not begin
  CaptureDesk::Page page_;
  std::size_t written_ = 0;  // of the page
  std::uint64_t packets_ = 0;
  bool told_end_ = false;
  v1::CaptureResponse response_;
  grpc::Alarm alarm_;
};

}  // namespace holdfast
