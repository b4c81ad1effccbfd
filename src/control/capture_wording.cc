#include "control/capture_wording.h"

#include "absl/strings/str_cat.h"
#include "control/explanation_wording.h"

namespace holdfast {
namespace {

// (absl's string_view is not the standard's here.)
template <typename Names, typename Enum>
std::string Name(const Names& names, Enum value) {
  return std::string(names[static_cast<std::size_t>(value)]);
}

std::string Local(LocalPacket kind) {
  if (kind == LocalPacket::kKernel) return "kernel: handed to the port's kernel interface";
  return absl::StrCat("local: ", Name(kLocalPacketNames, kind));
}

std::string Way(const CapturedPacket& packet) {
  return absl::StrCat("to ", packet.target, " by ", Name(kStepNames, packet.verdict.step),
                      " (service ", packet.service, ")");
}

std::string Fate(const CapturedPacket& packet) {
  switch (packet.verdict.fate) {
    case CaptureFate::kForwarded:
      return absl::StrCat("forwarded ", Way(packet));
    case CaptureFate::kDropped:
      return packet.verdict.target
                 ? absl::StrCat(InWords(packet.verdict.drop), "; on its way ", Way(packet))
                 : InWords(packet.verdict.drop);
    case CaptureFate::kLocal:
      return Local(packet.verdict.local);
    case CaptureFate::kHeld:
      return "held: a later fragment that waits for its first one";
    case CaptureFate::kHandedOver:
      return "handed over to the worker that has its connection";
    case CaptureFate::kReturned:
      return absl::StrCat("returned by nat to its client (service ", packet.service, ")");
    case CaptureFate::kUnknown:
      break;
  }
  return "unknown: nothing was noted of it; this is a mistake in holdfastd";
}

}  // namespace

std::string InWords(const CapturedPacket& packet) {
  std::string words = Fate(packet);
  if (packet.verdict.reply)
    absl::StrAppend(&words, "; answered with ", Name(kReplyNames, *packet.verdict.reply));
  return words;
}

}  // namespace holdfast
