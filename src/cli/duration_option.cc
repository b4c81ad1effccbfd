#include "cli/duration_option.h"

#include "absl/strings/str_cat.h"

namespace holdfast::cli {
namespace {

absl::Duration Parse(const std::string& name, const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
      duration == absl::InfiniteDuration())
    throw CLI::ValidationError(
        name, absl::StrCat("'", text, "' is not a duration; write numbers with units: 90s, 1h30m"));
  return duration;
}

}  // namespace

CLI::Option* AddDurationOption(CLI::App& app, const std::string& name,
                               std::function<void(absl::Duration)> set,
                               const std::string& description) {
  const auto parse = [name, set = std::move(set)](const std::string& text) {
    set(Parse(name, text));
  };
  return app.add_option_function<std::string>(name, parse, description)->type_name("DURATION");
}

}  // namespace holdfast::cli
