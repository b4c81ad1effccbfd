#include "control/explainer.h"

#include "absl/strings/str_cat.h"
#include "control/inquiry.h"

namespace holdfast {

absl::StatusOr<Explanation> Explainer::Explain(const PacketQuestion& question) const {
  const std::size_t workers = sources_.connections.size();
  if (question.worker && Index(*question.worker) >= workers)
    return absl::InvalidArgumentError(
        absl::StrCat("worker: ", Index(*question.worker), ": there are ", workers, ", from 0 on"));
  return Inquiry(sources_, question).Run();
}

}  // namespace holdfast
