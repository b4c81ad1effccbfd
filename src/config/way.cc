#include "config/way.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace holdfast::config {
namespace {

// The longest that was seen so far.
class Choice {
 public:
  void Offer(int length, const Way& way) {
    if (way_ && length <= length_) return;
    length_ = length;
    way_ = way;
  }
  [[nodiscard]] const std::optional<Way>& way() const { return way_; }

 private:
  int length_ = 0;
  std::optional<Way> way_;
};

}  // namespace

std::optional<Way> WayTo(const IpAddress& address, const std::vector<Port>& ports,
                         const std::vector<Route>& routes) {
  Choice choice;
  for (std::size_t i = 0; i < ports.size(); ++i)
    for (const IpPrefix& prefix : ports[i].addresses)
      if (prefix.Contains(address))
        choice.Offer(prefix.length, {.port = i, .subnet = prefix, .gateway = {}});
  for (const Route& route : routes)
    if (route.prefix.Contains(address))
      choice.Offer(route.prefix.length, {.port = route.port, .subnet = {}, .gateway = route.via});
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (const auto& gateway = address.IsV4() ? ports[i].gateway : ports[i].gateway_v6)
      choice.Offer(0, {.port = i, .subnet = {}, .gateway = gateway});
  return choice.way();
}

std::string SubnetsOf(const std::vector<Port>& ports) {
  std::vector<std::string> subnets;
  for (const Port& port : ports)
    for (const IpPrefix& prefix : port.addresses)
      subnets.push_back(absl::StrCat(prefix.ToString(), " on ", port.name));
  return absl::StrJoin(subnets, ", ");
}

}  // namespace holdfast::config
