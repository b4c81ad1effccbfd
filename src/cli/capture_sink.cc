#include "cli/capture_sink.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/json.h"
#include "cli/pcapng.h"

namespace holdfast::cli {
namespace {

std::string InWords(const v1::CapturedPacket& packet) {
  const absl::Time received = absl::FromUnixSeconds(packet.received().seconds()) +
                              absl::Nanoseconds(packet.received().nanos());
  return absl::StrCat(absl::FormatTime("%H:%M:%E6S", received, absl::LocalTimeZone()), " worker ",
                      packet.worker(), " ", packet.port(), " ", packet.flow(), ": ",
                      packet.verdict().explanation());
}

class Lines final : public CaptureSink {
 public:
  explicit Lines(bool json) : json_(json) {}
  absl::Status Start(const v1::CaptureStarted& /*started*/) override { return absl::OkStatus(); }
  absl::Status Put(const v1::CapturedPacket& packet) override {
    std::cout << (json_ ? ToJson(packet) : InWords(packet)) << std::endl;
    return std::cout ? absl::OkStatus() : absl::UnavailableError("stdout takes no more");
  }

 private:
  const bool json_;
};

class File final : public CaptureSink {
 public:
  File(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}

  absl::Status Start(const v1::CaptureStarted& started) override {
    std::string blocks = pcapng::SectionHeader("holdfastctl " HOLDFAST_VERSION);
    for (const v1::CapturedPort& port : started.ports()) {
      const auto mac = MacAddress::Parse(port.mac());
      blocks += pcapng::InterfaceDescription(
          {port.name(), mac.ok() ? std::optional(*mac) : std::nullopt, started.snap()});
      numbers_.emplace(port.name(), static_cast<std::uint32_t>(numbers_.size()));
    }
    return Write(blocks);
  }

  absl::Status Put(const v1::CapturedPacket& packet) override {
    constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
    return Write(pcapng::EnhancedPacket(
        {.interface = numbers_[packet.port()],
         .nanoseconds = static_cast<std::uint64_t>(packet.received().seconds()) * kNanosPerSecond +
                        static_cast<std::uint64_t>(packet.received().nanos()),
         .length = packet.length(),
         .bytes = packet.data(),
         .comment = packet.verdict().explanation()}));
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  absl::Status Write(const std::string& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size() &&
        std::fflush(file_.get()) == 0)
      return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("'", path_, "' cannot be written: ", std::strerror(errno)));
  }

  const std::unique_ptr<std::FILE, Close> file_;
  const std::string path_;
  std::map<std::string, std::uint32_t> numbers_;  // of the ports' interfaces
};

}  // namespace

std::unique_ptr<CaptureSink> LinesOnStdout(bool json) { return std::make_unique<Lines>(json); }

absl::StatusOr<std::unique_ptr<CaptureSink>> PcapngIn(const std::string& path) {
  if (path == "-") return std::make_unique<File>(stdout, "stdout");
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr)
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' cannot be written: ", std::strerror(errno)));
  return std::make_unique<File>(file, path);
}

}  // namespace holdfast::cli
