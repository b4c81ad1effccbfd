#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "absl/strings/str_cat.h"
#include "config/field_rules.h"
#include "config/rules.h"

namespace holdfast::config {
namespace {

// What the kernel takes for a name, and a shell for a word.
bool IsInterfaceName(const std::string& name) {
  return name.size() < IFNAMSIZ && name != "." && name != ".." &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "._-") == std::string::npos;
}

// Tables that the kernel's own look-ups use.
bool IsTableOfItsOwn(std::uint32_t table) {
  return table != RT_TABLE_UNSPEC && (table < RT_TABLE_DEFAULT || table > RT_TABLE_LOCAL);
}

}  // namespace

KernelShare CheckedKernelShare(const std::string& path, const v1::Port::KernelShare& share,
                               MistakeLog& log) {
  KernelShare checked{.interface = share.interface()};
  const std::string field = path + ".interface";
  if (checked.interface.empty())
    log.Add(field, "", "is required");
  else if (!IsInterfaceName(checked.interface))
    log.Add(field, checked.interface,
            absl::StrCat("must be 1 to ", IFNAMSIZ - 1, " letters, digits, '.', '_' or '-'"));
  if (share.has_packets_per_second())
    checked.packets_per_second = static_cast<std::uint32_t>(BoundedNumber(
        path + ".packets_per_second", share.packets_per_second(), {100, 1'000'000}, log));
  return checked;
}

std::uint32_t CheckedKernelRoutesTable(const v1::KernelRoutes& routes, MistakeLog& log) {
  if (!IsTableOfItsOwn(routes.table()))
    log.Add("kernel_routes.table", absl::StrCat(routes.table()),
            "must be 1 to 252 or 256 to 4294967295: a routing table that is used for nothing else");
  return routes.table();
}

}  // namespace holdfast::config
