#include "stats/worker_families.h"

#include "absl/strings/str_cat.h"
#include "stats/metric.h"

namespace holdfast {
namespace {

constexpr auto kDropReasonNames = [] {
  std::array<std::string_view, kDropReasons.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kDropReasons[i].name;
  return names;
}();

// A new counter is one field in worker_counters.h and one line in these tables.
std::vector<Metric<WorkerCounters>> WorkerMetrics() {
  using W = WorkerCounters;
  return {
      {&W::rx_packets, "holdfast_worker_rx_packets_total",
       "Packets taken from the devices. Each is forwarded, local or dropped."},
      {&W::tx_packets, "holdfast_worker_tx_packets_total",
       "Packets that the devices accepted: forwarded ones, and those that the worker made."},
      {&W::drops, "holdfast_drops_total", "reason", kDropReasonNames,
       "Packets given up, by reason. README.md explains each reason."},
      {&W::local, "holdfast_local_packets_total", "kind", kLocalPacketNames,
       "Packets for the balancer itself: ARP, echo requests (ping) to its addresses, and what its "
       "kernel got."},
      {&W::replies, "holdfast_replies_total", "kind", kReplyNames,
       "Packets that the worker made, or sent for others. injected: ARP requests. rate_limited: a "
       "TCP reset or port unreachable that was not sent, to answer no flood with a flood. "
       "from_kernel: what the kernel sends by a port's interface; from_kernel_lost: of that, what "
       "the device did not take. probe: packets of health checks to their targets; probe_lost: of "
       "those, what had no way to its target."},
      {{{"inserted", &W::connections_inserted},
        {"expired", &W::connections_expired},
        {"evicted_unfinished", &W::connections_evicted_unfinished},
        {"evicted_closing", &W::connections_evicted_closing},
        {"evicted_unproven", &W::connections_evicted_unproven},
        {"not_remembered", &W::connections_not_remembered},
        {"stale", &W::connections_stale}},
       "holdfast_connection_table_events_total",
       "What became of entries. evicted_*: gave room to a new connection before their time. "
       "not_remembered: no room, forwarded by the ring. stale: their target was removed. "
       "Evictions say that connections.per_worker is too small, or that there is a SYN flood."},
      {&W::affinities_passed_over, "holdfast_affinities_passed_over_total",
       "Connection requests that were balanced although an affinity matched, because its owner "
       "takes no requests."},
      {&W::neighbour_events_lost, "holdfast_neighbour_events_lost_total",
       "ARP answers seen by the worker that the management core had no time for. They are asked "
       "for again."},
      {&W::nat_sessions, "holdfast_nat_sessions",
       "Connections by nat that the worker has a session of; nat.sessions_per_worker is their "
       "limit.",
       MetricKind::kGauge},
      {&W::turns, "holdfast_worker_turns_total", "Turns of the worker's loop."},
      {&W::busy_turns, "holdfast_worker_busy_turns_total",
       "Turns of the worker's loop that received something."},
      {&W::sleeps, "holdfast_worker_sleeps_total",
       "Times that the worker slept for want of packets (cores.poll: adaptive)."},
      {&W::busy_permille, "holdfast_worker_busy_ratio",
       "Part of the last second that went to turns with packets, 0 to 1. Near 1 the worker is at "
       "its limit.",
       MetricKind::kGauge, 1000},
  };
}

struct TurnTimesMetric {
  TimeHistogram WorkerCounters::*field;
  std::string_view name;
  std::string_view help;
};
constexpr TurnTimesMetric kTurnTimes[] = {
    {&WorkerCounters::turn_times, "holdfast_worker_turn_seconds",
     "How long turns of the worker's loop took that nobody interrupted. A packet waits for the end "
     "of a turn; none should be longer than 20 microseconds."},
    {&WorkerCounters::interrupted_turn_times, "holdfast_worker_interrupted_turn_seconds",
     "Turns longer than 20 microseconds only because the kernel or the hypervisor took the CPU "
     "away meanwhile. Many: the worker does not have its CPU to itself."},
};

std::vector<Metric<ServiceCounters>> ServiceMetrics() {
  using S = ServiceCounters;
  return {
      {&S::requests, "holdfast_connection_requests_total", "decision", kDecisionNames,
       "New connections, by what chose their target. affinity: a target asked for the client. "
       "automatic: the client has another connection there. balanced: the ring. refused: there "
       "was no target."},
      {&S::packets, "holdfast_packets_total", "step", kStepNames,
       "Packets forwarded, by what knew their target. connection, other_worker: a connection "
       "table. affinity, automatic, balanced: a new connection. ring: in no table, or no room "
       "in it."},
      {&S::automatic_full, "holdfast_automatic_full_total",
       "Connections that found no room in the table of clients with automatic affinity "
       "(affinities.clients) and were balanced: the client's other connections do not "
       "follow them."},
      {&S::half_open_limit, "holdfast_half_open_limit_total",
       "New connections that were forwarded by the ring and not remembered, because the worker "
       "has max_half_open of the service: many at once are a SYN flood."},
      {&S::bytes, "holdfast_bytes_total", "Bytes of the frames forwarded, without FCS."},
      {&S::returned_packets, "holdfast_returned_packets_total",
       "Packets from targets that came back by nat and went on to clients."},
      {&S::returned_bytes, "holdfast_returned_bytes_total",
       "Bytes of the frames that came back by nat, without FCS."},
  };
}

std::vector<Metric<TargetLine>> TargetMetrics() {
  using T = TargetLine;
  return {
      {&T::packets, "holdfast_target_packets_total", "Packets forwarded to the target."},
      {&T::bytes, "holdfast_target_bytes_total",
       "Bytes of the frames forwarded to the target, without FCS."},
  };
}

std::vector<Metric<TargetRequests>> TargetRequestMetrics() {
  return {
      {&TargetRequests::requests, "holdfast_target_connection_requests_total", "decision",
       kDecisionNames,
       "New connections of the target, by what chose it: affinity, automatic or balanced."},
  };
}

// Counters and whose they are.
template <typename Owner>
struct Labelled {
  Labels labels;
  const Owner* counters;
};

std::vector<Labelled<WorkerCounters>> ByWorker(std::span<const WorkerCounters* const> workers) {
  std::vector<Labelled<WorkerCounters>> labelled;
  for (std::size_t i = 0; i < workers.size(); ++i)
    labelled.push_back({{{"worker", absl::StrCat(i)}}, workers[i]});
  return labelled;
}

template <typename Owner>
std::vector<Labelled<Owner>> BySlot(std::span<const WorkerCounters* const> workers,
                                    std::vector<Owner> WorkerCounters::*slots,
                                    const std::string& label,
                                    const std::vector<std::string>& names) {
  std::vector<Labelled<Owner>> labelled;
  for (const auto& [worker_labels, worker] : ByWorker(workers)) {
    for (std::size_t slot = 0; slot < names.size(); ++slot) {
      if (names[slot].empty()) continue;
      auto& added = labelled.emplace_back(Labelled<Owner>{worker_labels, &(worker->*slots)[slot]});
      added.labels.emplace_back(label, names[slot]);
    }
  }
  return labelled;
}

template <typename Owner>
void AddFamilies(const std::vector<Metric<Owner>>& metrics,
                 const std::vector<Labelled<Owner>>& owners, std::vector<Family>& families) {
  for (const Metric<Owner>& metric : metrics) {
    Family& family = families.emplace_back(metric.Empty());
    for (const auto& [labels, counters] : owners)
      metric.AddSamples(labels, *counters, family.samples);
  }
}

void AddTurnTimes(const std::vector<Labelled<WorkerCounters>>& workers,
                  std::vector<Family>& families) {
  for (const TurnTimesMetric& metric : kTurnTimes) {
    Family& family = families.emplace_back(
        Family{std::string(metric.name), std::string(metric.help), MetricKind::kHistogram, {}});
    for (const auto& [labels, worker] : workers)
      family.samples.push_back((worker->*metric.field).SampleUnder(labels));
  }
}

}  // namespace

std::vector<Family> WorkerFamilies(std::span<const WorkerCounters* const> workers,
                                   const SlotNames& names) {
  std::vector<Family> families;
  AddFamilies(ServiceMetrics(),
              BySlot(workers, &WorkerCounters::services, "service", names.services), families);
  AddFamilies(TargetMetrics(), BySlot(workers, &WorkerCounters::targets, "target", names.targets),
              families);
  AddFamilies(TargetRequestMetrics(),
              BySlot(workers, &WorkerCounters::target_requests, "target", names.targets), families);
  AddFamilies(WorkerMetrics(), ByWorker(workers), families);
  AddTurnTimes(ByWorker(workers), families);
  return families;
}

}  // namespace holdfast
