// What a command prints, and the exit status that goes with it.
#pragma once

#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "cli/invocation.h"

namespace holdfast::cli {

// One line on stderr, with the program's name before it.
void Say(const std::string& sentence);

// Says what went wrong with a call.
ExitCode Complain(const absl::Status& error);

// Prints an answer in the form that was asked for: `to_json` gives one document
// without the end of its line, `to_words` whole lines. An error is said instead.
template <typename Answer, typename ToJson, typename ToWords>
ExitCode Show(const absl::StatusOr<Answer>& answer, const Invocation& invocation, ToJson to_json,
              ToWords to_words) {
  if (!answer.ok()) return Complain(answer.status());
  std::cout << (invocation.json ? to_json(*answer) + "\n" : to_words(*answer));
  return ExitCode::kDone;
}

}  // namespace holdfast::cli
