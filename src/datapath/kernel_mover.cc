#include "datapath/kernel_mover.h"

#include <poll.h>
#include <rte_mbuf.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <thread>
#include <utility>

#include "wire/headers.h"

namespace holdfast {
namespace {

constexpr std::size_t kAtOnce = 32;
constexpr std::chrono::microseconds kFirstWait(50);
constexpr std::chrono::milliseconds kLongestWait(1);

KernelDrop DropFor(int error) {
  switch (error) {
    case EIO:  // a TAP that is down
    case ENETDOWN:
    case EBADFD:  // one that was deleted, and its descriptor afterwards
    case EBADF:
      return KernelDrop::kInterfaceDown;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return KernelDrop::kInterfaceFull;
    default:
      return KernelDrop::kFailed;
  }
}

template <typename Call>
ssize_t Uninterrupted(Call call) {
  ssize_t result = 0;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

// The kernel leaves that to devices, and not all do it.
void PadToMinimum(rte_mbuf* mbuf) {
  const std::uint16_t length = rte_pktmbuf_data_len(mbuf);
  if (length >= kMinimumFrame) return;
  const auto missing = static_cast<std::uint16_t>(kMinimumFrame - length);
  std::memset(rte_pktmbuf_append(mbuf, missing), 0, missing);
}

}  // namespace

KernelMover::KernelMover(std::vector<Interface> interfaces, std::vector<KernelLane*> lanes)
    : interfaces_(std::move(interfaces)),
      lanes_(std::move(lanes)),
      counters_(std::make_unique<KernelCounters[]>(interfaces_.size())),
      patience_(kFirstWait) {
  for (std::size_t i = 0; i < interfaces_.size(); ++i) places_[Index(interfaces_[i].port)] = i;
}

KernelMover::~KernelMover() { rte_pktmbuf_free(blank_); }

bool KernelMover::Move() {
  bool moved = false;
  for (KernelLane* const lane : lanes_) moved |= MoveToKernel(*lane);
  for (std::size_t i = 0; i < interfaces_.size(); ++i) moved |= MoveFromKernel(i);
  if (moved) patience_ = kFirstWait;
  return moved;
}

bool KernelMover::MoveToKernel(KernelLane& lane) {
  std::array<OutgoingFrame, kAtOnce> frames;
  const std::size_t count = lane.to_kernel.Pop(frames);
  for (const OutgoingFrame& frame : std::span(frames.data(), count)) {
    Write(frame);
    lane.spent.Push(frame.mbuf);  // has room for all that can be on their way
  }
  return count != 0;
}

void KernelMover::Write(const OutgoingFrame& frame) {
  const std::size_t i = places_[Index(frame.port)];
  const auto* const bytes = rte_pktmbuf_mtod(frame.mbuf, const std::uint8_t*);
  const std::size_t length = rte_pktmbuf_data_len(frame.mbuf);
  const ssize_t written =
      Uninterrupted([&] { return write(interfaces_[i].descriptor, bytes, length); });
  KernelCounters::Way& way = counters_[i].to_kernel;
  if (written == static_cast<ssize_t>(length)) {
    way.packets.Add(1);
    way.bytes.Add(length);
    return;
  }
  way.drops[written < 0 ? DropFor(errno) : KernelDrop::kFailed].Add(1);
}

bool KernelMover::MoveFromKernel(std::size_t i) {
  bool moved = false;
  for (std::size_t n = 0; n < kAtOnce && HasBlank(); ++n) {
    auto* const bytes = rte_pktmbuf_mtod(blank_, std::uint8_t*);
    const std::size_t room = rte_pktmbuf_tailroom(blank_);
    const ssize_t size =
        Uninterrupted([&] { return read(interfaces_[i].descriptor, bytes, room); });
    if (size < 0 && errno == EAGAIN) return moved;
    if (size < 0 && errno == EBADFD) NoteGone(i);
    if (size < 0) return moved;
    moved = true;
    if (!Accept(i, size)) continue;
    rte_pktmbuf_append(blank_, static_cast<std::uint16_t>(size));
    PadToMinimum(blank_);
    lanes_.front()->from_kernel.Push(
        {.mbuf = std::exchange(blank_, nullptr), .port = interfaces_[i].port});
  }
  return moved;
}

bool KernelMover::Accept(std::size_t i, long size) {
  constexpr std::size_t kVlanTag = 4;
  KernelCounters::Way& way = counters_[i].from_kernel;
  const auto length = static_cast<std::size_t>(size);
  if (length > interfaces_[i].longest_frame + kVlanTag) {
    way.drops[KernelDrop::kOversized].Add(1);
    return false;
  }
  if (length < sizeof(EthernetHeader)) {
    way.drops[KernelDrop::kFailed].Add(1);
    return false;
  }
  way.packets.Add(1);
  way.bytes.Add(length);
  return true;
}

bool KernelMover::HasBlank() {
  if (blank_ != nullptr) return true;
  return lanes_.front()->blanks.Pop({&blank_, 1}) == 1;
}

void KernelMover::NoteGone(std::size_t i) {
  spdlog::error("kernel interface '{}' was deleted: what is for the kernel is lost until a restart",
                interfaces_[i].name);
  interfaces_[i].descriptor = -1;
}

void KernelMover::Wait() {
  std::array<pollfd, kMaxPorts> polled;
  // Without a blank, what the kernel sends waits there.
  const short events = HasBlank() ? POLLIN : 0;
  for (std::size_t i = 0; i < interfaces_.size(); ++i)
    polled[i] = {.fd = interfaces_[i].descriptor, .events = events, .revents = 0};
  const timespec time{.tv_sec = 0, .tv_nsec = static_cast<long>(patience_.count())};
  ppoll(polled.data(), interfaces_.size(), &time, nullptr);
  patience_ = std::min<std::chrono::nanoseconds>(patience_ * 2, kLongestWait);
  // poll() returns at once for an interface that is in trouble, again and again.
  const auto troubled = [](const pollfd& one) { return (one.revents & ~POLLIN) != 0; };
  if (std::any_of(polled.begin(), polled.begin() + static_cast<long>(interfaces_.size()), troubled))
    std::this_thread::sleep_for(kLongestWait);
}

}  // namespace holdfast
