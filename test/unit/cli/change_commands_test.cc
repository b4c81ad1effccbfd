// holdfastctl service and target: what changes them.
#include <catch2/catch.hpp>

#include "cli/shell.h"

namespace holdfast::cli {
namespace {

struct ChangeShell : Shell {
  // What a command asked of the balancer, "" when nothing.
  std::string Asked(const std::string& command) {
    balancer.admin.change_request.clear();
    last = Run(command);
    return balancer.admin.change_request;
  }
  Result last;
};

TEST_CASE_METHOD(ChangeShell, "a target is created with its services", "[cli]") {
  balancer.admin.config_answer = From<v1::ConfigChange>(
      "outcome: CONFIG_OUTCOME_APPLIED explanation: '1 change applied'"
      " changes: 'target web-4: added, address 10.0.0.14'");
  CHECK(Asked("target create web-4 --address 10.0.0.14") ==
        R"(CreateTarget target { name: "web-4" address: "10.0.0.14" })");
  CHECK(last.status == 0);
  CHECK(last.out ==
        "target web-4: added, address 10.0.0.14\n"
        "APPLIED: 1 change applied\n");
  CHECK(Asked("target create web-4 --address 10.0.0.14 --mac 02:00:00:00:00:14 --service web "
              "--service dns --weight 50") ==
        R"(CreateTarget target { name: "web-4" address: "10.0.0.14" mac: "02:00:00:00:00:14" } )"
        R"(services: "web" services: "dns" weight: 50)");
}

TEST_CASE_METHOD(ChangeShell, "an update names what is given, and only that", "[cli]") {
  CHECK(Asked("target update web-4 --mac ''") ==
        R"(UpdateTarget target { name: "web-4" } update_mask { paths: "mac" })");
  CHECK(Asked("service update web --port 80,8080 --target web-1 --target web-2=7") ==
        R"(UpdateService service { name: "web" targets { target: "web-1" } )"
        R"(targets { target: "web-2" weight: 7 } ports: "80" ports: "8080" } )"
        R"(update_mask { paths: "ports" paths: "targets" })");
  CHECK(Asked("service update web --port 80,8000-8999 --max-half-open 500") ==
        R"(UpdateService service { name: "web" ports: "80" ports: "8000-8999" )"
        R"(max_half_open: 500 } update_mask { paths: "ports" paths: "max_half_open" })");
  CHECK(Asked("service update web --vip 192.0.2.9 --protocol udp --forwarding ipip "
              "--no-target drop") ==
        R"(UpdateService service { name: "web" vip: "192.0.2.9" protocol: TRANSPORT_UDP )"
        R"(forwarding: FORWARDING_IPIP no_target: NO_TARGET_DROP } update_mask { paths: "vip" )"
        R"(paths: "protocol" paths: "forwarding" paths: "no_target" })");
  CHECK(Asked("service update web --linger 30s --client-port 5060,40000-40999") ==
        R"(UpdateService service { name: "web" automatic_affinity { linger: "30s" )"
        R"(client_ports: "5060" client_ports: "40000-40999" } } update_mask { )"
        R"(paths: "automatic_affinity" paths: "automatic_affinity" })");
  CHECK(Asked("service update web --automatic-affinity off") ==
        R"(UpdateService service { name: "web" } update_mask { paths: "automatic_affinity" })");
  CHECK(
      Asked("service update web --echo forward") ==
      R"(UpdateService service { name: "web" echo: ECHO_FORWARD } update_mask { paths: "echo" })");
}

TEST_CASE_METHOD(ChangeShell, "a service is created, deleted, and weighs", "[cli]") {
  CHECK(Asked("service create mail --vip 192.0.2.7 --protocol tcp --port 25 --target web-1=0") ==
        R"(CreateService service { name: "mail" vip: "192.0.2.7" protocol: TRANSPORT_TCP )"
        R"(targets { target: "web-1" weight: 0 } ports: "25" })");
  CHECK(Asked("service delete mail") == R"(DeleteService service: "mail")");
  CHECK(Asked("target delete web-4") == R"(DeleteTarget target: "web-4")");
  CHECK(Asked("service weight web web-2 50") ==
        R"(SetServiceTarget service: "web" target { target: "web-2" weight: 50 })");
}

TEST_CASE_METHOD(ChangeShell, "a command line that says too little asks nobody", "[cli]") {
  for (const char* wrong :
       {"target create web-4", "target create --address 10.0.0.14", "target update web-4",
        "target delete", "service create mail --vip 192.0.2.7 --port 25", "service update web",
        "service weight web web-2", "service weight web web-2 much",
        "service update web --target web-2=x", "service update web --protocol sctp",
        "service update web --port http", "service update web --port 90-80"}) {
    INFO(wrong);
    CHECK(Asked(wrong).empty());
    CHECK(last.status == 2);
    CHECK_FALSE(last.err.empty());
  }
}

TEST_CASE_METHOD(ChangeShell, "what the balancer refuses is told in its words", "[cli]") {
  balancer.behaviour.status = {grpc::StatusCode::ALREADY_EXISTS, "a target is called 'a' already"};
  Asked("target create a --address 10.0.0.14");
  CHECK(last.status == 2);
  CHECK(last.err == "holdfastctl: a target is called 'a' already\n");
}

}  // namespace
}  // namespace holdfast::cli
