// CaptureSink: where captured packets are put: as lines on stdout, or as pcapng in a file.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "holdfast/v1/admin.pb.h"

namespace holdfast::cli {

class CaptureSink {
 public:
  virtual ~CaptureSink() = default;
  // First. Errors say what cannot be written, and why.
  virtual absl::Status Start(const v1::CaptureStarted& started) = 0;
  // Whoever reads along has it when this returns.
  virtual absl::Status Put(const v1::CapturedPacket& packet) = 0;
};

// A line for each packet: when, which worker, by which port, its flow, what became of it; or one
// JSON document for each.
std::unique_ptr<CaptureSink> LinesOnStdout(bool json);

// "-": stdout. The file is made new; the error says why it cannot be.
absl::StatusOr<std::unique_ptr<CaptureSink>> PcapngIn(const std::string& path);

}  // namespace holdfast::cli
