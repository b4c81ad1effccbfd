#include "cli/output.h"

namespace holdfast::cli {

void Say(const std::string& sentence) { std::cerr << "holdfastctl: " << sentence << "\n"; }

ExitCode Complain(const absl::Status& error) {
  Say(std::string(error.message()));
  const bool asked_wrongly =
      absl::IsInvalidArgument(error) || absl::IsNotFound(error) || absl::IsAlreadyExists(error);
  return asked_wrongly ? ExitCode::kUsage : ExitCode::kFailed;
}

}  // namespace holdfast::cli
