// A network namespace that is this test's own: everything done to the kernel is gone with it.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

namespace holdfast {

// False where the machine permits none; then there is nothing to test.
inline bool EnterOwnNetwork() {
  if (unshare(geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) == 0) return true;
  WARN("no network namespace can be made here: not tested");
  return false;
}

// What a command prints.
inline std::string Printed(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  std::string text;
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), size);
  pclose(pipe);
  return text;
}

}  // namespace holdfast
