#include "control/selector_cells.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "control/affinity_wording.h"

namespace holdfast {
namespace {

using Service = TargetDirectory::ServiceIdentity;

std::vector<std::uint16_t> EachOnce(std::vector<std::uint16_t> ports) {
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

std::string PlaceInWords(const AffinitySelector& selector) {
  return absl::StrCat(selector.vip.ToString(), " ", ProtocolName(selector.protocol));
}

SelectorCells ClientsOf(const AffinitySelector& selector) {
  SelectorCells cells;
  cells.client_ports = selector.client_ports.empty() ? std::vector<std::uint16_t>{0}
                                                     : EachOnce(selector.client_ports);
  cells.client = selector.client;
  cells.host_bits = selector.host_bits;
  return cells;
}

class StartCells {
 public:
  StartCells(const TargetDirectory& directory, const AffinitySelector& selector,
             const std::string& target)
      : directory_(directory),
        selector_(selector),
        target_(target),
        handle_(directory.FindTarget(target)),
        place_(PlaceInWords(selector)),
        cells_(ClientsOf(selector)) {}

  SelectorCells Find() && {
    if (!handle_)
      Refuse(absl::StrCat("no target is called '", target_, "'"));
    else if (selector_.service_ports.empty())
      AddServed();
    else
      for (const std::uint16_t port : EachOnce(selector_.service_ports)) AddPort(port);
    if (cells_.services.empty() && cells_.why_none.empty()) Refuse(why_not_);
    if (!cells_.why_none.empty()) cells_.services.clear();
    return std::move(cells_);
  }

 private:
  void Refuse(std::string why, AffinityOutcome refusal = AffinityOutcome::kNotATarget) {
    if (!cells_.why_none.empty()) return;
    cells_.why_none = std::move(why);
    cells_.refusal = refusal;
  }

  // Every service of the VIP that the target serves, each as a whole.
  void AddServed() {
    if (directory_.ServicesOf(selector_.vip, selector_.protocol).empty())
      return Refuse(absl::StrCat("no service is at ", place_));
    const auto served = directory_.ServedBy(*handle_, selector_.vip, selector_.protocol);
    if (served.empty())
      return Refuse(absl::StrCat("target '", target_, "' serves no service at ", place_));
    for (const Service* service : served)
      if (MayHold(*service)) Add(*service, 0);
  }

  void AddPort(std::uint16_t port) {
    const Service* service = directory_.ServiceAt(selector_.vip, selector_.protocol, port);
    if (service == nullptr || !directory_.Serves(*handle_, service->slot))
      return Refuse(absl::StrCat("target '", target_, "' does not serve ", place_, " port ", port));
    if (!MayHold(*service)) return Refuse(why_not_);
    Add(*service, port);
  }

  // What would end at once is not begun.
  bool MayHold(const Service& service) {
    const OwnerStanding standing = directory_.StandingOf(*handle_, service.slot);
    if (standing == OwnerStanding::kHolds) return true;
    why_not_ = WhyNoOwner(target_, service.name, standing);
    return false;
  }

  void Add(const Service& service, std::uint16_t port) {
    const bool is_v4 = selector_.client.IsV4();
    const int length = selector_.client.HostPrefixLength() - selector_.host_bits;
    const int widest = service.affinity.WidestPrefix(is_v4);
    if (length < widest)
      return Refuse(absl::StrCat("service '", service.name,
                                 "' allows no prefix of clients that is "
                                 "shorter than /",
                                 widest, " (affinity.widest_ipv", is_v4 ? 4 : 6,
                                 "_prefix), and this is a /", length),
                    AffinityOutcome::kPrefixTooWide);
    cells_.services.emplace_back(service.slot, port);
  }

  const TargetDirectory& directory_;
  const AffinitySelector& selector_;
  const std::string& target_;
  const std::optional<TargetHandle> handle_;
  const std::string place_;
  std::string why_not_;
  SelectorCells cells_;
};

}  // namespace

AffinityBook::Cells SelectorCells::List() const {
  AffinityBook::Cells cells;
  cells.reserve(Count());
  for (const auto& [service, service_port] : services)
    for (const std::uint16_t client_port : client_ports)
      cells.push_back({service, client, client_port, service_port, host_bits});
  return cells;
}

SelectorCells CellsOfStart(const TargetDirectory& directory, const AffinitySelector& selector,
                           const std::string& target) {
  return StartCells(directory, selector, target).Find();
}

SelectorCells CellsOfEnd(const TargetDirectory& directory, const AffinitySelector& selector,
                         const std::string& target) {
  SelectorCells cells = ClientsOf(selector);
  const auto handle = directory.FindTarget(target);
  const std::string place = PlaceInWords(selector);
  if (!handle) {
    cells.why_none = absl::StrCat("no target is called '", target, "'");
  } else if (selector.service_ports.empty()) {
    for (const Service* service : directory.ServedBy(*handle, selector.vip, selector.protocol))
      cells.services.emplace_back(service->slot, 0);
    if (cells.services.empty())
      cells.why_none = absl::StrCat("target '", target, "' serves no service at ", place);
  }
  if (!cells.why_none.empty()) return cells;
  for (const std::uint16_t port : EachOnce(selector.service_ports)) {
    if (const Service* service = directory.ServiceAt(selector.vip, selector.protocol, port))
      cells.services.emplace_back(service->slot, port);
    else
      cells.why_none = absl::StrCat("no service is at ", place, " port ", port);
  }
  return cells;
}

}  // namespace holdfast
