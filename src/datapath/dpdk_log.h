// DpdkLog: DPDK's messages, line by line, into our log; and the last complaint, for
// an error that DPDK itself reports by a number only.
//
// Thread-safe. Lives from before rte_eal_init() to the end of the process.
#pragma once

#include <string>

namespace holdfast::dpdk_log {

// From now on DPDK writes to spdlog. Once.
void Redirect();

// Forgets complaints; then the last warning or error that came since, "" if none.
void ForgetComplaint();
std::string LastComplaint();

}  // namespace holdfast::dpdk_log
