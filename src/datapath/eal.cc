#include "datapath/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_version.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datapath/dpdk_log.h"

namespace holdfast {

absl::StatusOr<std::unique_ptr<Eal>> Eal::Start(std::vector<std::string> arguments) {
  dpdk_log::Redirect();
  auto eal = std::unique_ptr<Eal>(new Eal(std::move(arguments)));
  std::vector<char*> pointers;
  for (std::string& argument : eal->arguments_) pointers.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) >= 0) return eal;
  const absl::Status error = DpdkError(
      absl::StrCat("starting DPDK with '", absl::StrJoin(eal->arguments_, " "), "'"), rte_errno);
  static_cast<void>(eal.release());  // nothing to clean up, and DPDK may still point to it
  return error;
}

Eal::~Eal() {
  const std::string directory = rte_eal_get_runtime_dir();
  rte_eal_cleanup();
  // DPDK leaves it, though nothing may be in it.
  rmdir(directory.c_str());
}

std::string Eal::DpdkVersion() { return rte_version(); }

absl::Status DpdkError(const std::string& what, int error_number) {
  const std::string complaint = dpdk_log::LastComplaint();
  return absl::InternalError(absl::StrCat(what, ": ", rte_strerror(error_number),
                                          complaint.empty() ? "" : "; DPDK says: ", complaint));
}

}  // namespace holdfast
