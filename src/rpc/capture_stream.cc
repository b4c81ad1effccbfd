#include "rpc/capture_stream.h"

#include <chrono>
#include <utility>

#include "rpc/capture_wire.h"
#include "rpc/to_wire.h"

namespace holdfast {
namespace {

// Between two looks when nothing came.
constexpr std::chrono::milliseconds kInterval(20);

}  // namespace

CaptureStream::CaptureStream(ManagementLoop& loop, CaptureDesk& desk, CaptureOrder order,
                             std::string peer)
    : loop_(loop),
      desk_(desk),
      order_(std::move(order)),
      peer_(std::move(peer)),
      visits_(loop, [this](const grpc::Status& status) { Finish(status); }) {
  visits_.Visit([this] { Begin(); });
}

void CaptureStream::Begin() {
  const auto number = desk_.Begin(order_, peer_);
  if (!number.ok()) return Finish(ToWire(number.status()));
  number_ = *number;
  *response_.mutable_started() = ToWire(order_, desk_.ports());
  StartWrite(&response_);
}

void CaptureStream::TakePage() {
  page_ = desk_.Take(number_);
  written_ = 0;
  WriteNext();
}

void CaptureStream::WriteNext() {
  if (written_ < page_.packets.size()) {
    const CapturedPacket& packet = page_.packets[written_++];
    *response_.mutable_packet() = ToWire(packet, desk_.ports()[Index(packet.port)].name);
    response_.mutable_packet()->set_lost(page_.lost);
    ++packets_;
    return StartWrite(&response_);
  }
  if (page_.end) return WriteEnd();
  if (page_.packets.empty()) return TakeLater();
  visits_.Visit([this] { TakePage(); });
}

void CaptureStream::WriteEnd() {
  if (told_end_) return Finish(grpc::Status::OK);
  told_end_ = true;
  v1::CaptureEnded& ended = *response_.mutable_ended();
  ended.set_reason(ToWire(*page_.end));
  ended.set_packets(packets_);
  ended.set_lost(page_.lost);
  StartWrite(&response_);
}

void CaptureStream::TakeLater() {
  alarm_.Set(std::chrono::system_clock::now() + kInterval,
             [this](bool /*ok*/) { visits_.Visit([this] { TakePage(); }); });
}

void CaptureStream::OnWriteDone(bool ok) {
  if (!ok) return Finish(grpc::Status::CANCELLED);
  if (response_.has_started()) return TakeLater();
  WriteNext();
}

// After a loop that has stopped the capture goes with the workers.
void CaptureStream::OnDone() {
  if (number_ != 0) loop_.Post([&desk = desk_, number = number_] { desk.End(number); });
  delete this;
}

}  // namespace holdfast
