#include "cli/capture_command.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/capture_sink.h"
#include "cli/connection.h"
#include "cli/duration_option.h"
#include "cli/interruption.h"
#include "cli/output.h"
#include "cli/wire_words.h"
#include "holdfast/v1/admin.grpc.pb.h"

namespace holdfast::cli {
namespace {

constexpr char kDescription[] = "Show packets as they come, and what became of each, and why";
constexpr char kFooter[] = R"(
All that is given must match. It ends with --count packets, after --for, or by Ctrl-C.
One capture at a time; nobody else's traffic waits for it. A line for each packet:
  10:15:02.000113 worker 0 lan0 tcp 198.51.100.7:40000 > 192.0.2.1:80 SYN: forwarded to web-2 by affinity (service web)
  ... dropped as no_service: a VIP, but no service has this protocol and port
  ... local: arp_request; answered with arp_reply
  ... held: a later fragment that waits for its first one
How a packet was decided on: connection, affinity, balanced, ring ... (README, "Life of a packet").
With --write the packets go into a pcapng file, with these words as their comments: wireshark shows
them, and filters by them (frame.comment contains "dropped"). Packets that the balancer sends are
not captured. The status is 0 also when none came.

Examples
  holdfastctl capture --client 198.51.100.7
  holdfastctl capture --drop-reason no_neighbour --count 10
  holdfastctl capture --vip 192.0.2.1 --port 80 --protocol tcp --for 10s --write why.pcapng
  holdfastctl capture --write - | wireshark -k -i -
)";

struct Order {
  v1::CaptureRequest request;
  std::string file;                             // "": lines
  absl::Duration duration = absl::Seconds(60);  // as the balancer's own
};
using SharedOrder = std::shared_ptr<Order>;

void AddHeaderOptions(CLI::App& command, const SharedOrder& order) {
  using Text = const std::string&;
  v1::CaptureRequest* const request = &order->request;
  command
      .add_option_function<std::string>(
          "--client", [request](Text text) { request->set_client(text); }, "only from there")
      ->type_name("IP[/LENGTH]");
  command
      .add_option_function<std::string>(
          "--vip", [request](Text text) { request->set_vip(text); }, "only to there")
      ->type_name("IP");
  command
      .add_option_function<std::uint32_t>(
          "--port", [request](std::uint32_t port) { request->set_port(port); },
          "only to this port; later fragments have none")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65535));
  const auto set_protocol = [request](Text word) {
    request->set_protocol(word == "tcp"   ? v1::CAPTURE_PROTOCOL_TCP
                          : word == "udp" ? v1::CAPTURE_PROTOCOL_UDP
                                          : v1::CAPTURE_PROTOCOL_ICMP);
  };
  command
      .add_option_function<std::string>("--protocol", set_protocol,
                                        "only tcp, udp or icmp (v6, too)")
      ->check(CLI::IsMember({"tcp", "udp", "icmp"}));
}

void AddVerdictOptions(CLI::App& command, const SharedOrder& order) {
  v1::CaptureRequest* const request = &order->request;
  CLI::Option* const drops_only = command.add_flag_callback(
      "--drops-only", [request] { request->set_drops_only(true); },
      "only what is dropped or refused");
  command
      .add_option_function<std::string>(
          "--drop-reason", [request](const std::string& name) { request->set_drop_reason(name); },
          "only what is dropped as this: a reason of holdfast_drops_total")
      ->type_name("NAME")
      ->excludes(drops_only);
  command
      .add_option_function<std::uint32_t>(
          "--worker", [request](std::uint32_t worker) { request->set_worker(worker); },
          "only what this one receives, from 0 on")
      ->type_name("NUMBER");
}

void SetDuration(absl::Duration duration, Order& order) {
  if (duration == absl::ZeroDuration())
    throw CLI::ValidationError("--for", "0s is no time to capture in");
  order.duration = duration;
  *order.request.mutable_duration() = ToWire(duration);
}

void AddLimitOptions(CLI::App& command, const SharedOrder& order) {
  v1::CaptureRequest* const request = &order->request;
  command
      .add_option_function<std::uint32_t>(
          "--snap", [request](std::uint32_t snap) { request->set_snap(snap); },
          "bytes of each packet, 14 to 9216; if not given, 128")
      ->type_name("BYTES")
      ->check(CLI::Range(14, 9216));
  command
      .add_option_function<std::uint64_t>(
          "--count", [request](std::uint64_t count) { request->set_count(count); },
          "end with so many packets, 1 to 1000000; if not given, 1000")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1'000'000));
  AddDurationOption(
      command, "--for", [order](absl::Duration duration) { SetDuration(duration, *order); },
      "end after this time, at most 1h; if not given, 1m");
  command.add_option("--write", order->file, "into this pcapng file; '-': to stdout")
      ->type_name("FILE");
}

// What one run has come to.
struct Tally {
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;
};

absl::Status Put(const v1::CaptureResponse& response, CaptureSink& sink, Tally& tally) {
  if (response.has_started()) return sink.Start(response.started());
  if (response.has_ended()) tally.lost = response.ended().lost();
  if (!response.has_packet()) return absl::OkStatus();
  ++tally.packets;
  tally.lost = response.packet().lost();
  return sink.Put(response.packet());
}

void SayWhatCame(const Tally& tally) {
  Say(absl::StrCat(tally.packets, " packets",
                   tally.lost == 0 ? ""
                                   : absl::StrCat("; ", tally.lost,
                                                  " more matched and were lost: they came faster "
                                                  "than they could be written")));
}

absl::StatusOr<std::unique_ptr<CaptureSink>> SinkFor(const Order& order, bool json) {
  if (order.file.empty()) return LinesOnStdout(json);
  return PcapngIn(order.file);
}

ExitCode Run(const Connection& balancer, const Order& order, const Invocation& invocation) {
  const auto sink = SinkFor(order, invocation.json);
  if (!sink.ok()) return Complain(sink.status());
  Tally tally;
  grpc::ClientContext context;
  const Interruption interruption([&context] { context.TryCancel(); });
  absl::Status written;
  const absl::Status ended =
      balancer.Follow(&v1::AdminService::Stub::Capture, order.request, context, order.duration,
                      [&](const v1::CaptureResponse& response) {
                        written = Put(response, **sink, tally);
                        return written.ok();
                      });
  if (!written.ok()) return Complain(written);
  if (absl::IsResourceExhausted(ended)) {
    Say(std::string(ended.message()));
    return ExitCode::kRefused;
  }
  if (!ended.ok() && !interruption.happened()) return Complain(ended);
  SayWhatCame(tally);
  return ExitCode::kDone;
}

}  // namespace

void AddCaptureCommand(CLI::App& app, Invocation& invocation) {
  const auto order = std::make_shared<Order>();
  CLI::App& command = *app.add_subcommand("capture", kDescription);
  AddHeaderOptions(command, order);
  AddVerdictOptions(command, order);
  AddLimitOptions(command, order);
  command.footer(kFooter);
  command.callback([&invocation, order] {
    invocation.command = [&invocation, order](const Connection& balancer) {
      return Run(balancer, *order, invocation);
    };
  });
}

}  // namespace holdfast::cli
