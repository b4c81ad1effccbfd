#include "rpc/loop_visits.h"

#include <atomic>
#include <utility>

namespace holdfast {

// The right to go on with a visit. Who takes it first does: the loop, a
// cancellation, or whoever drops the work.
class LoopVisits::Ticket {
 public:
  explicit Ticket(LoopVisits& visits) : visits_(visits) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket() { Refuse(); }

  bool Take() { return !taken_.exchange(true); }
  // `visits_` is there while the ticket is not taken: its call cannot end.
  void Refuse() {
    if (Take())
      visits_.finish_(
          {grpc::StatusCode::UNAVAILABLE, "the balancer is stopping; nothing has changed"});
  }

 private:
  LoopVisits& visits_;
  std::atomic<bool> taken_{false};
};

void LoopVisits::Visit(std::function<void()> work) {
  auto ticket = std::make_shared<Ticket>(*this);
  if (!Admit(ticket)) return ticket->Refuse();
  loop_.Post([ticket = std::move(ticket), work = std::move(work)] {
    if (ticket->Take()) work();
  });
}

bool LoopVisits::Admit(const std::shared_ptr<Ticket>& ticket) {
  const std::lock_guard lock(mutex_);
  waiting_ = ticket;
  return !cancelled_;
}

void LoopVisits::Cancel() {
  std::shared_ptr<Ticket> ticket;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    ticket = waiting_.lock();
  }
  if (ticket) ticket->Refuse();
}

}  // namespace holdfast
