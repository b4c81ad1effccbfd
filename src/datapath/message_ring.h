// MessageRing: messages from one thread to another, without locks. Fixed size;
// one producer, one consumer (rte_ring).
#pragma once

#include <rte_errno.h>
#include <rte_ring_elem.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace holdfast {

template <typename Message>
class MessageRing {
  static_assert(std::is_trivially_copyable_v<Message> && sizeof(Message) % 4 == 0);

 public:
  // `size`: a power of two; one less fits in. `name` is unique in the process.
  // REQUIRES: the EAL runs.
  static absl::StatusOr<MessageRing> Create(const std::string& name, unsigned size) {
    rte_ring* ring = rte_ring_create_elem(name.c_str(), sizeof(Message), size, SOCKET_ID_ANY,
                                          RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (ring == nullptr)
      return absl::ResourceExhaustedError(absl::StrCat("no memory for the ring '", name, "' of ",
                                                       size, " messages (", rte_strerror(rte_errno),
                                                       "): raise eal.memory_mb"));
    return MessageRing(ring);
  }

  // The producer. False when it is full: the message is not in.
  bool Push(Message message) {
    return rte_ring_sp_enqueue_elem(ring_.get(), &message, sizeof message) == 0;
  }
  // The consumer. Returns how many it put in `messages`.
  std::size_t Pop(std::span<Message> messages) {
    return rte_ring_sc_dequeue_burst_elem(ring_.get(), messages.data(), sizeof(Message),
                                          static_cast<unsigned>(messages.size()), nullptr);
  }

 private:
  struct Free {
    void operator()(rte_ring* ring) const { rte_ring_free(ring); }
  };
  explicit MessageRing(rte_ring* ring) : ring_(ring) {}

  std::unique_ptr<rte_ring, Free> ring_;
};

}  // namespace holdfast
