#include "cli/config_outcome.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/wire_words.h"

namespace holdfast::cli {
namespace {

ExitCode ExitCodeOf(v1::ConfigOutcome outcome) {
  switch (outcome) {
    case v1::CONFIG_OUTCOME_APPLIED:
    case v1::CONFIG_OUTCOME_UNCHANGED:
    case v1::CONFIG_OUTCOME_WOULD_APPLY:
      return ExitCode::kDone;
    case v1::CONFIG_OUTCOME_MISTAKES:
      return ExitCode::kUsage;
    default:
      return ExitCode::kRefused;
  }
}

template <typename Lines>
void Print(const Lines& lines, std::ostream& out) {
  for (const std::string& line : lines) out << line << "\n";
}

}  // namespace

ExitCode ShowConfigChange(const absl::StatusOr<v1::ConfigChange>& answer,
                          const Invocation& invocation) {
  if (!answer.ok()) return Complain(answer.status());
  const ExitCode exit_code = ExitCodeOf(answer->outcome());
  const std::string words = absl::StrCat(WordFor(answer->outcome()), ": ", answer->explanation());
  if (invocation.json)
    std::cout << ToJson(*answer) << "\n";
  else
    Print(answer->changes(), std::cout);
  Print(answer->mistakes(), std::cerr);
  if (exit_code != ExitCode::kDone)
    Say(words);
  else if (!invocation.json)
    std::cout << words << "\n";
  return exit_code;
}

}  // namespace holdfast::cli
