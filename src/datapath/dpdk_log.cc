#include "datapath/dpdk_log.h"

#include <rte_log.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <mutex>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace holdfast::dpdk_log {
namespace {

std::mutex mutex;
std::string complaint;

spdlog::level::level_enum LevelOf(std::uint32_t dpdk_level) {
  if (dpdk_level <= RTE_LOG_ERR) return spdlog::level::err;
  if (dpdk_level == RTE_LOG_WARNING) return spdlog::level::warn;
  return spdlog::level::debug;
}

ssize_t Write(void*, const char* bytes, std::size_t size) {
  const absl::string_view line = absl::StripAsciiWhitespace({bytes, size});
  if (line.empty()) return static_cast<ssize_t>(size);
  const auto level = LevelOf(static_cast<std::uint32_t>(rte_log_cur_msg_loglevel()));
  if (level >= spdlog::level::warn) {
    const std::lock_guard lock(mutex);
    complaint = std::string(line);
  }
  spdlog::log(level, "dpdk: {}", std::string_view(line.data(), line.size()));
  return static_cast<ssize_t>(size);
}

}  // namespace

void Redirect() {
  FILE* stream = fopencookie(nullptr, "w",
                             {.read = nullptr, .write = Write, .seek = nullptr, .close = nullptr});
  if (stream == nullptr) return;  // DPDK goes on writing to stderr
  setvbuf(stream, nullptr, _IOLBF, BUFSIZ);
  rte_openlog_stream(stream);
}

void ForgetComplaint() {
  const std::lock_guard lock(mutex);
  complaint.clear();
}

std::string LastComplaint() {
  const std::lock_guard lock(mutex);
  return complaint;
}

}  // namespace holdfast::dpdk_log
