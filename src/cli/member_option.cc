#include "cli/member_option.h"

#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace holdfast::cli {

std::uint32_t WeightFrom(const std::string& text) {
  std::uint32_t weight = 0;
  if (!absl::SimpleAtoi(text, &weight))
    throw CLI::ValidationError(
        "weight", absl::StrCat("'", text, "' is not a weight; write a number from 0 to 10000"));
  return weight;
}

v1::ServiceTargetConfig MemberFrom(const std::string& text) {
  const std::size_t equals = text.find('=');
  v1::ServiceTargetConfig member;
  member.set_target(text.substr(0, equals));
  if (equals != std::string::npos) member.set_weight(WeightFrom(text.substr(equals + 1)));
  return member;
}

}  // namespace holdfast::cli
