#include "tables/connection_phase.h"

namespace holdfast {
namespace {

ConnectionPhase AfterOrdinary(ConnectionPhase phase, bool payload) {
  switch (phase) {
    case ConnectionPhase::kOpening:
      return payload ? ConnectionPhase::kEstablished : ConnectionPhase::kAcknowledged;
    case ConnectionPhase::kClosing:
      return payload ? ConnectionPhase::kEstablished : ConnectionPhase::kClosed;
    case ConnectionPhase::kAdopted:
      return ConnectionPhase::kAdopted;
    default:
      return ConnectionPhase::kEstablished;
  }
}

bool IsDatagram(ConnectionPhase phase) {
  return phase == ConnectionPhase::kDatagram || phase == ConnectionPhase::kDatagrams;
}

}  // namespace

ConnectionPhase FirstPhase(Protocol protocol) {
  return protocol == Protocol::kTcp ? ConnectionPhase::kOpening : ConnectionPhase::kDatagram;
}

ConnectionPhase NextPhase(ConnectionPhase phase, SegmentKind segment) {
  if (IsDatagram(phase)) return ConnectionPhase::kDatagrams;
  if (segment.rst) return ConnectionPhase::kClosed;
  if (segment.fin) return ConnectionPhase::kClosing;
  if (segment.syn) return phase;
  return AfterOrdinary(phase, segment.payload);
}

}  // namespace holdfast
