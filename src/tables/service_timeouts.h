// ServiceTimeouts: how long connections of each service are remembered without packets. A
// service without timeouts of its own has those of all.
//
// Immutable, as part of a Snapshot: a change is followed by connections that there are already.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "tables/connection_timeouts.h"

namespace holdfast {

class ServiceTimeouts {
 public:
  ServiceTimeouts() : ServiceTimeouts({}, {}) {}
  // `own` by ServiceSlot: what each service has, or nobody has any of its own. The slack is that
  // of `common`, for entries are noted by it whosever they are.
  ServiceTimeouts(const ConnectionTimeouts& common, std::vector<ConnectionTimeouts> own)
      : common_(common.WithSlack()), shortest_(common_), longest_(common_), own_(std::move(own)) {
    for (ConnectionTimeouts& each : own_) {
      each.tcp_established += common.Slack();
      each.udp += common.Slack();
      Choose(shortest_, each, [](auto a, auto b) { return std::min(a, b); });
      Choose(longest_, each, [](auto a, auto b) { return std::max(a, b); });
    }
  }

  // All of these have the slack in them. Also of a slot that no service is in.
  [[nodiscard]] const ConnectionTimeouts& Of(ServiceSlot service) const {
    return Index(service) < own_.size() ? own_[Index(service)] : common_;
  }
  // What has been idle for no longer is alive whosever it is; for longer, it is not.
  [[nodiscard]] const ConnectionTimeouts& shortest() const { return shortest_; }
  [[nodiscard]] const ConnectionTimeouts& longest() const { return longest_; }
  // They differ from service to service.
  [[nodiscard]] bool differ() const { return !(shortest_ == longest_); }

 private:
  template <typename Choice>
  static void Choose(ConnectionTimeouts& of, const ConnectionTimeouts& other, Choice choice) {
    of = {.tcp_opening = choice(of.tcp_opening, other.tcp_opening),
          .tcp_established = choice(of.tcp_established, other.tcp_established),
          .tcp_closing = choice(of.tcp_closing, other.tcp_closing),
          .udp = choice(of.udp, other.udp)};
  }

  ConnectionTimeouts common_;
  ConnectionTimeouts shortest_;
  ConnectionTimeouts longest_;
  std::vector<ConnectionTimeouts> own_;
};

}  // namespace holdfast
