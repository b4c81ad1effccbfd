// A shell for tests of holdfastctl: a fake balancer, and the real program.
#pragma once

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "support/fake_balancer.h"

namespace holdfast::cli {

// What a run of the program left.
struct Result {
  int status = -1;
  std::string out;
  std::string err;
};

inline std::string TextOf(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A directory of its own, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "holdfastctl-XXXXXX";
};

class Shell {
 public:
  const TemporaryDirectory directory;
  testing::FakeBalancer balancer{directory.path()};

  // `arguments` as a shell reads them; the balancer is the fake one.
  Result Run(const std::string& arguments) {
    return RunWith("HOLDFAST_SERVER=" + balancer.unix_address(), arguments);
  }
  // `environment` holds assignments: "A=1 B=2".
  Result RunWith(const std::string& environment, const std::string& arguments) {
    return RunLine(LineOf(environment, arguments));
  }
  // The same, with Ctrl-C as soon as it has written a line.
  Result RunUntilItPrints(const std::string& environment, const std::string& arguments) {
    return RunLine(absl::StrCat("rm -f ", Out(), "; ", LineOf(environment, arguments),
                                " & until [ -s ", Out(), " ] || ! kill -0 $!; do sleep 0.01; done;",
                                " kill -INT $!; wait $!"));
  }

 private:
  [[nodiscard]] std::string Out() const { return directory.path() + "/out"; }
  [[nodiscard]] std::string Err() const { return directory.path() + "/err"; }
  [[nodiscard]] std::string LineOf(const std::string& environment,
                                   const std::string& arguments) const {
    return absl::StrCat("env -u HOLDFAST_SERVER ", environment, " '", Program(), "' ", arguments,
                        " >", Out(), " 2>", Err());
  }
  [[nodiscard]] Result RunLine(const std::string& line) const {
    const int status = std::system(line.c_str());
    std::ifstream out_file(Out());
    std::ifstream err_file(Err());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, TextOf(out_file), TextOf(err_file)};
  }
  static std::string Program() {
    const char* program = std::getenv("HOLDFASTCTL");
    REQUIRE(program != nullptr);
    return program;
  }
};

// A message from protobuf's text format.
template <typename Message>
Message From(const std::string& text) {
  Message message;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Messages are compared as text: a difference can be read.
inline std::string Text(const google::protobuf::Message& message) {
  return message.ShortDebugString();
}

inline bool IsJson(const std::string& text) {
  google::protobuf::Struct document;
  return google::protobuf::util::JsonStringToMessage(text, &document).ok();
}

}  // namespace holdfast::cli
