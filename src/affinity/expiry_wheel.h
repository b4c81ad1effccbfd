// ExpiryWheel: which records end in which second. Adding, removing and taking cost the same
// however many there are: a slot for each of the next 65536 seconds (18 hours), and what
// ends later is passed by once in each turn of the wheel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "affinity/id_lists.h"

namespace holdfast {

class ExpiryWheel {
 public:
  using Id = IdLists::Id;

  // `links` may have other lists, of other numbers.
  explicit ExpiryWheel(IdLists& links) : links_(links), slots_(kSlots) {}

  // `second`: when it ends. REQUIRES: later than any that TakeDue() was asked for.
  void Add(Id id, std::uint32_t second) {
    links_.Add(slots_[second % kSlots], id);
    ++size_;
  }
  // REQUIRES: it was added with this second.
  void Remove(Id id, std::uint32_t second) {
    if (id == resume_) resume_ = links_.After(id);
    links_.Remove(slots_[second % kSlots], id);
    --size_;
  }
  // Calls due(id) for what ends in `now` or before, those of an earlier second first, at
  // most `limit` times. It must remove the id, and may add it with a later second.
  template <typename SecondOf, typename Due>
  void TakeDue(std::uint32_t now, std::size_t limit, SecondOf&& second_of, Due&& due) {
    // Nothing of before one turn of the wheel is elsewhere than in its slots.
    if (now >= kSlots) SkipTo(now - kSlots + 1);
    for (; current_ <= now && size_ != 0; SkipTo(current_ + 1)) {
      if (!began_) resume_ = slots_[current_ % kSlots].first;
      began_ = true;
      while (resume_ != IdLists::kNone) {
        const Id id = resume_;
        if (second_of(id) > current_) {
          resume_ = links_.After(id);
          continue;
        }
        if (limit-- == 0) return;
        due(id);
      }
    }
    if (size_ == 0) SkipTo(now + 1);
  }

 private:
  static constexpr std::uint32_t kSlots = 1U << 16;

  void SkipTo(std::uint32_t second) {
    if (second <= current_) return;
    current_ = second;
    began_ = false;
    resume_ = IdLists::kNone;
  }

  IdLists& links_;
  std::vector<IdLists::List> slots_;
  std::size_t size_ = 0;
  std::uint32_t current_ = 0;  // nothing ends before it
  bool began_ = false;         // with its slot; what is there from `resume_` on is to be seen
  Id resume_ = IdLists::kNone;
};

}  // namespace holdfast
