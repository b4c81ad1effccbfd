#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/ids.h"
#include "config/device_name.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

// `shape` has x for a hexadecimal digit; every other character is itself.
bool HasShape(absl::string_view text, absl::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), [](char c, char wanted) {
    return wanted == 'x' ? absl::ascii_isxdigit(static_cast<unsigned char>(c)) : c == wanted;
  });
}

bool IsPciAddress(absl::string_view device) {
  return HasShape(device, "xxxx:xx:xx.x") || HasShape(device, "xx:xx.x");
}

// "net_driver0", or "net_driver0,argument=value,...".
bool IsVdev(absl::string_view device) {
  if (!absl::ConsumePrefix(&device, "net_") || absl::StrContains(device, ' ')) return false;
  const absl::string_view driver = device.substr(0, device.find(','));
  return !driver.empty() && driver.size() + 1 != device.size() &&
         driver.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
             absl::string_view::npos;
}

void CheckDevice(const std::string& field, const std::string& device, MistakeLog& log) {
  if (device.empty())
    log.Add(field, "", "is required");
  else if (!IsPciAddress(device) && !IsVdev(device))
    log.Add(field, device,
            "must be a PCI address as 0000:3b:00.0, or a DPDK vdev as net_af_packet0,iface=lan0");
}

std::optional<IpPrefix> CheckedOwnAddress(const std::string& field, const std::string& text,
                                          MistakeLog& log) {
  const auto prefix = IpPrefix::Parse(text);
  if (!prefix.ok()) {
    log.Add(field, text, "must be an address with a prefix length, as 10.0.0.1/24");
    return std::nullopt;
  }
  if (!IsHostAddress(field, text, prefix->address, log) ||
      !IsHostOf(field, prefix->address, *prefix, log))
    return std::nullopt;
  return *prefix;
}

std::vector<IpPrefix> CheckedOwnAddresses(const std::string& path, const v1::Port& port,
                                          Uniqueness& taken, MistakeLog& log) {
  const std::string list = path + ".addresses";
  if (port.addresses().empty()) log.Add(list, "", "must have at least one address");
  std::vector<IpPrefix> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(port.addresses_size()); ++i) {
    const std::string field = ElementPath(list, i);
    if (log.IsSpoiled(field)) continue;
    const auto prefix = CheckedOwnAddress(field, port.addresses(static_cast<int>(i)), log);
    if (!prefix) continue;
    taken.Claim(path, field, prefix->address.ToString());
    checked.push_back(*prefix);
  }
  return checked;
}

void CheckSizes(const std::string& path, const v1::Port& message, Port& port, MistakeLog& log) {
  const auto bounded = [&](const char* field, std::uint32_t value, Bounds<std::uint64_t> bounds) {
    return static_cast<std::uint32_t>(
        BoundedNumber(absl::StrCat(path, ".", field), value, bounds, log));
  };
  if (message.has_mtu()) port.mtu = bounded("mtu", message.mtu(), {576, 9000});
  if (message.has_rx_descriptors())
    port.rx_descriptors = bounded("rx_descriptors", message.rx_descriptors(), {64, 8192});
  if (message.has_tx_descriptors())
    port.tx_descriptors = bounded("tx_descriptors", message.tx_descriptors(), {64, 8192});
  if (message.has_vlan())
    port.vlan = static_cast<std::uint16_t>(bounded("vlan", message.vlan(), {0, 4094}));
}

// Ports that are VLANs of one device, and the device that they share.
class DeviceRules {
 public:
  explicit DeviceRules(MistakeLog& log)
      : log_(log), devices_("device", log), interfaces_("network interface", log) {}

  void Check(const std::string& path, const Port& port) {
    const std::string field = path + ".device";
    const DeviceName device = ParseDeviceName(port.device, 1);
    devices_.Claim(path, field,
                   port.vlan == 0 ? device.name : absl::StrCat(device.name, " VLAN ", port.vlan));
    const auto [first, fresh] = firsts_.try_emplace(device.name, First{path, port});
    const First& other = first->second;
    if (fresh || port.vlan == other.port.vlan)
      interfaces_.Claim(path, field, device.KernelInterface());
    else
      CheckSameDevice(path, port, other);
  }
  void ClaimInterface(const std::string& path, const std::string& field, const std::string& name) {
    interfaces_.Claim(path, field, name);
  }

 private:
  struct First {
    std::string path;
    Port port;
  };

  void CheckSameDevice(const std::string& path, const Port& port, const First& first) {
    const auto check = [&](const char* name, const auto& value, const auto& wanted) {
      if (value != wanted)
        log_.Add(absl::StrCat(path, ".", name), absl::StrCat(value),
                 absl::StrCat("must be '", wanted, "' as in ", first.path,
                              ", which is of the same device"));
    };
    check("device", port.device, first.port.device);
    check("rx_descriptors", port.rx_descriptors, first.port.rx_descriptors);
    check("tx_descriptors", port.tx_descriptors, first.port.tx_descriptors);
  }

  MistakeLog& log_;
  Uniqueness devices_;
  Uniqueness interfaces_;
  absl::flat_hash_map<std::string, First> firsts_;  // by DeviceName::name
};

}  // namespace

std::vector<Port> CheckedPorts(const PortMessages& ports, MistakeLog& log) {
  if (ports.empty()) log.Add("ports", "", "must have at least one port");
  if (static_cast<std::size_t>(ports.size()) > kMaxPorts)
    log.Add("ports", absl::StrCat(ports.size(), " ports"),
            absl::StrCat("at most ", kMaxPorts, " are possible"));
  Uniqueness names("name", log);
  DeviceRules devices(log);
  Uniqueness addresses("address", log);
  std::vector<Port> checked;
  for (std::size_t i = 0; i < static_cast<std::size_t>(ports.size()); ++i) {
    const v1::Port& message = ports[static_cast<int>(i)];
    const std::string path = ElementPath("ports", i);
    Port& port = checked.emplace_back();
    port.name = CheckedName(path + ".name", message.name(), "-_", log);
    names.Claim(path, path + ".name", port.name);
    port.device = message.device();
    CheckDevice(path + ".device", port.device, log);
    CheckSizes(path, message, port, log);
    devices.Check(path, port);
    port.addresses = CheckedOwnAddresses(path, message, addresses, log);
    if (!message.has_kernel()) continue;
    port.kernel = CheckedKernelShare(path + ".kernel", message.kernel(), log);
    devices.ClaimInterface(path, path + ".kernel.interface", port.kernel->interface);
  }
  return checked;
}

}  // namespace holdfast::config
