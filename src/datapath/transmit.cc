#include <rte_ethdev.h>

#include <algorithm>
#include <array>

#include "datapath/send_frame.h"
#include "datapath/stages.h"

namespace holdfast {
namespace {

void AddTo(WorkerCounters& counters, Destination destination, Step step, std::uint64_t packets,
           std::uint64_t bytes) {
  ServiceCounters& service = counters.services[Index(destination.service())];
  service.packets[step].Add(packets);
  service.bytes.Add(bytes);
}

// Neighbours in a batch often are for the same service: they are added at once.
class ServiceRun {
 public:
  explicit ServiceRun(WorkerCounters& counters) : counters_(counters) {}

  void Add(Destination destination, Step step, std::uint32_t frame_length) {
    if (destination != destination_ || step != step_) [[unlikely]]
      Begin(destination, step);
    ++packets_;
    bytes_ += frame_length;
  }
  void End() {
    if (packets_ != 0) AddTo(counters_, destination_, step_, packets_, bytes_);
  }

 private:
  void Begin(Destination destination, Step step) {
    End();
    destination_ = destination;
    step_ = step;
    packets_ = bytes_ = 0;
  }

  WorkerCounters& counters_;
  Destination destination_;
  Step step_{};
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

// Of its target; returns the frame's length.
[[gnu::always_inline]] inline std::uint32_t CountOfTarget(const Batch& batch, std::size_t i) {
  const std::uint32_t length = batch.length(i);
  TargetLine& line = *batch.line(i);
  line.packets.Add(1);
  line.bytes.Add(length);
  return length;
}

[[gnu::noinline]] void CountOneByOne(const Batch& batch, std::span<const std::uint8_t> numbers,
                                     WorkerCounters& counters) {
  ServiceRun run(counters);
  for (const std::size_t i : numbers)
    run.Add(batch.destination(i), batch.step(i), CountOfTarget(batch, i));
  run.End();
}

void CountForwarded(Batch& batch, std::span<const std::uint8_t> numbers, WorkerCounters& counters) {
  if (!batch.alike() || !batch.unknown().empty()) [[unlikely]]
    return CountOneByOne(batch, numbers, counters);
  std::uint64_t bytes = 0;
  for (const std::size_t i : numbers) bytes += CountOfTarget(batch, i);
  AddTo(counters, batch.destination(0), Step::kConnection, numbers.size(), bytes);
}

// Pieces count beside the packets that they are of.
[[gnu::noinline, gnu::cold]] void CountWithPieces(Batch& batch,
                                                  std::span<const std::uint8_t> numbers,
                                                  WorkerCounters& counters) {
  std::array<std::uint8_t, Departures::kCapacity> packets;
  const auto end = std::copy_if(numbers.begin(), numbers.end(), packets.begin(),
                                [](std::uint8_t number) { return number != Departures::kPiece; });
  const auto count = static_cast<std::size_t>(end - packets.begin());
  for (std::size_t i = count; i < numbers.size(); ++i) batch.Count(Reply::kFragment);
  CountForwarded(batch, std::span(packets).first(count), counters);
}

void DropUnsent(Departures& departures, std::size_t sent, Batch& batch) {
  for (std::size_t i = sent; i < departures.mbufs().size(); ++i) {
    const std::uint8_t number = departures.numbers()[i];
    if (number == Departures::kPiece)
      rte_pktmbuf_free(departures.mbufs()[i]);
    else
      batch.Drop(departures.mbufs()[i], DropReason::kTxFull, batch.mbuf(number));
  }
}

void Send(Departures& departures, const WorkerPort& port, Batch& batch, WorkerCounters& counters) {
  const auto mbufs = departures.mbufs();
  const std::size_t sent = SendBurst(port, mbufs);
  batch.CountSent(sent);
  const auto numbers = departures.numbers().first(sent);
  if (departures.has_pieces()) [[unlikely]]
    CountWithPieces(batch, numbers, counters);
  else
    CountForwarded(batch, numbers, counters);
  if (sent != mbufs.size()) [[unlikely]]
    DropUnsent(departures, sent, batch);
  departures.Clear();
}

// A reply that finds no room is only not counted as sent: the packet that it
// answers is accounted for already.
void SendReplies(Batch& batch) {
  for (Batch::ReplyContext reply : batch.replies()) {
    if (!SendFrame(batch.port(), reply.mbuf)) continue;
    batch.Count(reply.kind);
    batch.CountSent(1);
  }
}

}  // namespace

void Transmit(Batch& batch, const WorkerPorts& ports, std::span<Departures> departures,
              WorkerCounters& counters) {
  for (const WorkerPort& port : ports.all())
    if (!departures[Index(port.index)].empty())
      Send(departures[Index(port.index)], port, batch, counters);
  SendReplies(batch);
}

}  // namespace holdfast
