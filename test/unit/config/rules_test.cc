#include <catch2/catch.hpp>

#include "config/mistakes_in.h"

namespace holdfast::config {
namespace {

TEST_CASE("rules of eal, cores and tables", "[config]") {
  const std::string own_core =
      " too, but a worker with poll: busy never sleeps and needs a core of its own "
      "(poll: adaptive may share)";
  CheckAll({
      {"too little memory",
       WithPort("eal: {memory_mb: 31}\n"),
       {"b.yaml:5: eal.memory_mb: '31': must be 32 to 1048576"}},
      {"no worker",
       WithPort("cores: {workers: []}\n"),
       {"b.yaml:5: cores.workers: must name the core of at least one worker"}},
      {"a busy worker on another's core",
       WithPort("cores: {workers: [1, 2, 1]}\n"),
       {"b.yaml:5: cores.workers[2]: '1': is the core of cores.workers[0]" + own_core}},
      {"a busy worker on the management core",
       WithPort("cores: {management: 1}\n"),
       {"b.yaml:5: cores.workers[0]: '1': is the core of cores.management" + own_core}},
      {"adaptive workers share", WithPort("cores: {workers: [0, 0], poll: adaptive}\n"), {}},
      {"a sleep out of bounds",
       WithPort("cores:\n  max_sleep: 49us\n"),
       {"b.yaml:6: cores.max_sleep: '49us': must be 50us to 10ms"}},
      {"a sleep without a unit",
       WithPort("cores:\n  max_sleep: 100\n"),
       {"b.yaml:6: cores.max_sleep: '100': must be a duration with a unit, as 500us, 90s or "
        "2h10m"}},
      {"an empty sleep",
       WithPort("cores:\n  max_sleep: ''\n"),
       {"b.yaml:6: cores.max_sleep: must be a duration with a unit, as 500us, 90s or 2h10m"}},
      {"a table that is too small",
       WithPort("connections: {per_worker: 1023}\naffinities: {capacity: 67108865}\n"),
       {"b.yaml:5: connections.per_worker: '1023': must be 1024 to 134217728",
        "b.yaml:6: affinities.capacity: '67108865': must be 1024 to 67108864"}},
      {"timeouts out of bounds",
       WithPort("connections:\n  timeouts:\n    tcp_opening: 999ms\n    tcp_established: 8h1s\n"
                "    tcp_closing: inf\n    udp: -1s\n"),
       {"b.yaml:7: connections.timeouts.tcp_opening: '999ms': must be 1s to 8h",
        "b.yaml:8: connections.timeouts.tcp_established: '8h1s': must be 1s to 8h",
        "b.yaml:9: connections.timeouts.tcp_closing: 'inf': must be 1s to 8h",
        "b.yaml:10: connections.timeouts.udp: '-1s': must be 1s to 8h"}},
      {"timeouts at the bounds",
       WithPort("connections:\n  timeouts: {tcp_opening: 1s, udp: 8h}\n"),
       {}},
      {"a duration of affinities out of bounds",
       WithPort("affinities: {max_duration: 721h}\n"),
       {"b.yaml:5: affinities.max_duration: '721h': must be 1s to 720h"}},
  });
}

TEST_CASE("rules of listen addresses", "[config]") {
  const std::string no_tls =
      "TLS is not available yet, so only loopback and Unix sockets are allowed; control.insecure: "
      "true allows others, and then everybody who reaches the address may control this balancer";
  CheckAll({
      {"what is allowed",
       WithPort("control:\n  listen: ['127.0.0.1:7400', '[::1]:7400', 'unix:/run/h.sock']\n"),
       {}},
      {"another host without TLS",
       WithPort("control:\n  listen: ['10.0.0.1:7400', '[::]:7400']\n"),
       {"b.yaml:6: control.listen[0]: '10.0.0.1:7400': " + no_tls,
        "b.yaml:6: control.listen[1]: '[::]:7400': " + no_tls}},
      {"another host with insecure",
       WithPort("control:\n  listen: ['0.0.0.0:7400']\n  insecure: true\n"),
       {}},
      {"no port",
       WithPort("control:\n  listen:\n    - 127.0.0.1\n    - '127.0.0.1:0'\n    - '::1:7400'\n"),
       {"b.yaml:7: control.listen[0]: '127.0.0.1': must be address:port, with an IPv6 address in "
        "brackets",
        "b.yaml:8: control.listen[1]: '127.0.0.1:0': port '0' must be 1 to 65535",
        "b.yaml:9: control.listen[2]: '::1:7400': must be address:port, with an IPv6 address in "
        "brackets"}},
      {"a name for a host",
       WithPort("control:\n  listen: ['localhost:7400']\n"),
       {"b.yaml:6: control.listen[0]: 'localhost:7400': 'localhost' is not an IPv4 or IPv6 "
        "address"}},
      {"a relative path and an endless one",
       WithPort(absl::StrCat("control:\n  listen:\n    - unix:h.sock\n    - unix:/",
                             std::string(107, 'x'), "\n")),
       {"b.yaml:7: control.listen[0]: 'unix:h.sock': the path after unix: must begin with /",
        absl::StrCat("b.yaml:8: control.listen[1]: 'unix:/", std::string(107, 'x'),
                     "': the path of a socket has at most 107 characters")}},
      {"an address twice",
       WithPort("control:\n  listen: ['127.0.0.1:7400', '127.0.0.1:7400']\nmetrics:\n"
                "  listen: '127.0.0.1:7400'\n"),
       {"b.yaml:6: control.listen[1]: '127.0.0.1:7400': is the value of control.listen[0] already",
        "b.yaml:8: metrics.listen: '127.0.0.1:7400': the control plane listens on this address "
        "(control.listen)"}},
      {"metrics on a Unix socket",
       WithPort("metrics: {listen: 'unix:/x'}\n"),
       {"b.yaml:5: metrics.listen: 'unix:/x': must be address:port; Prometheus does not scrape a "
        "Unix socket"}},
      {"metrics on IPv6",
       WithPort("metrics: {listen: '[::1]:9400'}\n"),
       {"b.yaml:5: metrics.listen: '[::1]:9400': must be an IPv4 address: the HTTP library has no "
        "IPv6"}},
      {"metrics on another host", WithPort("metrics: {listen: '0.0.0.0:9400'}\n"), {}},
  });
}

TEST_CASE("rules of kernel routes", "[config]") {
  const std::string rule =
      "': must be 1 to 252 or 256 to 4294967295: a routing table that is used for nothing else";
  CheckAll({
      {"a table of its own", WithPort("kernel_routes: {table: 200}\n"), {}},
      {"no table", WithPort("kernel_routes: {}\n"), {"b.yaml:5: kernel_routes.table: '0" + rule}},
      {"the main table",
       WithPort("kernel_routes: {table: 254}\n"),
       {"b.yaml:5: kernel_routes.table: '254" + rule}},
  });
}

TEST_CASE("rules of ports", "[config]") {
  const std::string no_device =
      "must be a PCI address as 0000:3b:00.0, or a DPDK vdev as net_af_packet0,iface=lan0";
  CheckAll({
      {"all that is required",
       "ports:\n  - mtu: 1500\n",
       {"b.yaml:2: ports[0].name: is required", "b.yaml:2: ports[0].device: is required",
        "b.yaml:2: ports[0].addresses: must have at least one address"}},
      {"names, devices and addresses are unique",
       WithPort("  - name: lan0\n    device: 'net_tap0'\n    addresses: [10.0.0.1/16]\n"),
       {"b.yaml:5: ports[1].name: 'lan0': is the name of ports[0] already",
        "b.yaml:6: ports[1].device: 'net_tap0': is the device of ports[0] already",
        "b.yaml:7: ports[1].addresses[0]: '10.0.0.1': is the address of ports[0] already"}},
      {"two ports on one device, or on one network interface",
       "ports:\n"
       "  - {name: a, device: '0000:3b:00.0', addresses: [10.0.0.1/24]}\n"
       "  - {name: b, device: '3B:00.0', addresses: [10.0.1.1/24]}\n"
       "  - {name: c, device: 'net_af_packet0,iface=lan0', addresses: [10.0.2.1/24]}\n"
       "  - {name: d, device: 'net_af_packet0,iface=lan1', addresses: [10.0.3.1/24]}\n"
       "  - {name: e, device: 'net_af_xdp0,iface=lan0', addresses: [10.0.4.1/24]}\n",
       {"b.yaml:3: ports[1].device: '0000:3b:00.0': is the device of ports[0] already",
        "b.yaml:5: ports[3].device: 'net_af_packet0': is the device of ports[2] already",
        "b.yaml:6: ports[4].device: 'lan0': is the network interface of ports[2] already"}},
      {"VLANs of one device",
       "ports:\n"
       "  - {name: a, device: 'net_af_packet0,iface=lan0', vlan: 10, addresses: [10.0.0.1/24]}\n"
       "  - {name: b, device: 'net_af_packet0,iface=lan0', vlan: 10, addresses: [10.0.1.1/24]}\n"
       "  - {name: c, device: 'net_af_packet0,iface=lan1', vlan: 20, addresses: [10.0.2.1/24]}\n"
       "  - {name: d, device: 'net_af_packet0,iface=lan0', vlan: 4095, addresses: [10.0.3.1/24]}\n"
       "  - {name: e, device: 'net_af_packet0,iface=lan0', vlan: 30, rx_descriptors: 512,\n"
       "     addresses: [10.0.4.1/24]}\n",
       {"b.yaml:3: ports[1].device: 'net_af_packet0 VLAN 10': is the device of ports[0] already",
        "b.yaml:4: ports[2].device: 'net_af_packet0,iface=lan1': must be "
        "'net_af_packet0,iface=lan0' as in ports[0], which is of the same device",
        "b.yaml:5: ports[3].vlan: '4095': must be 0 to 4094",
        "b.yaml:6: ports[4].rx_descriptors: '512': must be '1024' as in ports[0], which is of the "
        "same device"}},
      {"a name with a space, a kernel interface as device",
       "ports:\n  - name: 'lan 0'\n    device: eth0\n    addresses: [10.0.0.1/24]\n",
       {"b.yaml:2: ports[0].name: 'lan 0': may hold letters, digits and any of -_",
        "b.yaml:3: ports[0].device: 'eth0': must be a PCI address as 0000:3b:00.0, or a DPDK vdev "
        "as net_af_packet0,iface=lan0"}},
      {"devices that are nearly right",
       "ports:\n"
       "  - {name: a, device: '0000:3b:00', addresses: [10.0.0.1/24]}\n"
       "  - {name: b, device: 'net_tap0,', addresses: [10.0.1.1/24]}\n"
       "  - {name: c, device: 'net_,iface=x', addresses: [10.0.2.1/24]}\n"
       "  - {name: d, device: 'net_tap0, iface=x', addresses: [10.0.3.1/24]}\n"
       "  - {name: e, device: '3b:00.1', addresses: [10.0.4.1/24]}\n"
       "  - {name: f, device: 'net_tap0,iface=x', addresses: [10.0.5.1/24]}\n",
       {"b.yaml:2: ports[0].device: '0000:3b:00': " + no_device,
        "b.yaml:3: ports[1].device: 'net_tap0,': " + no_device,
        "b.yaml:4: ports[2].device: 'net_,iface=x': " + no_device,
        "b.yaml:5: ports[3].device: 'net_tap0, iface=x': " + no_device}},
      {"a PCI address",
       "ports: [{name: a, device: '0000:3b:00.0', addresses: [10.0.0.1/31]}]\n",
       {}},
      {"addresses that no host can have",
       "ports:\n  - name: a\n    device: net_tap0\n    addresses:\n"
       "      - 10.0.0.1\n      - 10.0.0.1/33\n      - 10.0.1.0/24\n      - 10.0.1.255/24\n"
       "      - 127.0.0.1/8\n      - 224.0.0.1/24\n      - 0.0.0.0/0\n      - 255.255.255.255/32\n"
       "      - 'fd00::/64'\n",
       {"b.yaml:5: ports[0].addresses[0]: '10.0.0.1': must be an address with a prefix length, as "
        "10.0.0.1/24",
        "b.yaml:6: ports[0].addresses[1]: '10.0.0.1/33': must be an address with a prefix length, "
        "as 10.0.0.1/24",
        "b.yaml:7: ports[0].addresses[2]: '10.0.1.0': must not be the network address of "
        "10.0.1.0/24",
        "b.yaml:8: ports[0].addresses[3]: '10.0.1.255': must not be the broadcast address of "
        "10.0.1.0/24",
        "b.yaml:9: ports[0].addresses[4]: '127.0.0.1/8': must not be a loopback address",
        "b.yaml:10: ports[0].addresses[5]: '224.0.0.1/24': must not be a multicast address",
        "b.yaml:11: ports[0].addresses[6]: '0.0.0.0/0': must not be the unspecified address",
        "b.yaml:12: ports[0].addresses[7]: '255.255.255.255/32': must not be the broadcast address",
        "b.yaml:13: ports[0].addresses[8]: 'fd00::': is the subnet-router anycast address of "
        "fd00::/64"}},
      {"kernel interfaces",
       "ports:\n"
       "  - {name: a, device: 'net_tap0,iface=x', addresses: [10.0.0.1/24], kernel: {interface: "
       "x}}\n"
       "  - {name: b, device: net_tap1, addresses: [10.0.1.1/24], kernel: {interface: kern0}}\n"
       "  - {name: c, device: net_tap2, addresses: [10.0.2.1/24], kernel: {interface: kern0}}\n"
       "  - {name: d, device: net_tap3, addresses: [10.0.3.1/24], kernel: {}}\n"
       "  - name: e\n    device: net_tap4\n    addresses: [10.0.4.1/24]\n"
       "    kernel: {interface: a-name-too-long0, packets_per_second: 99}\n",
       {"b.yaml:2: ports[0].kernel.interface: 'x': is the network interface of ports[0] already",
        "b.yaml:4: ports[2].kernel.interface: 'kern0': is the network interface of ports[1] "
        "already",
        "b.yaml:5: ports[3].kernel.interface: is required",
        "b.yaml:9: ports[4].kernel.interface: 'a-name-too-long0': must be 1 to 15 letters, digits, "
        "'.', '_' or '-'",
        "b.yaml:9: ports[4].kernel.packets_per_second: '99': must be 100 to 1000000"}},
      {"sizes out of bounds",
       WithPort("    mtu: 575\n    rx_descriptors: 63\n    tx_descriptors: 8193\n"),
       {"b.yaml:5: ports[0].mtu: '575': must be 576 to 9000",
        "b.yaml:6: ports[0].rx_descriptors: '63': must be 64 to 8192",
        "b.yaml:7: ports[0].tx_descriptors: '8193': must be 64 to 8192"}},
  });
}

TEST_CASE("rules of targets", "[config]") {
  CheckAll({
      {"all that is required",
       WithPort("targets:\n  - mac: 02:00:00:00:00:01\n"),
       {"b.yaml:6: targets[0].name: is required", "b.yaml:6: targets[0].address: is required"}},
      {"outside every subnet",
       WithPort("targets: [{name: a, address: 10.0.1.1}]\n"),
       {"b.yaml:5: targets[0].address: '10.0.1.1': must lie in the subnet of a port (10.0.0.1/24 "
        "on lan0), or be reached by `routes` or a port's gateway"}},
      {"addresses that are taken or no host's",
       WithPort("targets:\n  - {name: a, address: 10.0.0.1}\n  - {name: b, address: 10.0.0.2}\n"
                "  - {name: c, address: 10.0.0.2}\n  - {name: d, address: 10.0.0.255}\n"
                "  - {name: e, address: 10.0.0.256}\n  - {name: f, address: '::1'}\n"),
       {"b.yaml:6: targets[0].address: '10.0.0.1': is the own address of ports[0]",
        "b.yaml:8: targets[2].address: '10.0.0.2': is the address of targets[1] already",
        "b.yaml:9: targets[3].address: '10.0.0.255': must not be the broadcast address of "
        "10.0.0.0/24",
        "b.yaml:10: targets[4].address: '10.0.0.256': not an IPv4 or IPv6 address",
        "b.yaml:11: targets[5].address: '::1': must not be a loopback address"}},
      {"names are unique and simple",
       WithTargets(
           "  - {name: web-1, address: 10.0.0.13}\n  - {name: 'a/b', address: 10.0.0.14}\n"),
       {"b.yaml:10: targets[2].name: 'web-1': is the name of targets[0] already",
        "b.yaml:11: targets[3].name: 'a/b': may hold letters, digits and any of -_."}},
      {"MAC addresses of one host",
       WithPort("targets:\n  - {name: a, address: 10.0.0.2, mac: '01:00:00:00:00:01'}\n"
                "  - {name: b, address: 10.0.0.3, mac: '00:00:00:00:00:00'}\n"
                "  - {name: c, address: 10.0.0.4, mac: '02:00:00:00:01'}\n"),
       {"b.yaml:6: targets[0].mac: '01:00:00:00:00:01': must be the MAC address of one host, not "
        "multicast and not zero",
        "b.yaml:7: targets[1].mac: '00:00:00:00:00:00': must be the MAC address of one host, not "
        "multicast and not zero",
        "b.yaml:8: targets[2].mac: '02:00:00:00:01': must be a MAC address as "
        "02:00:00:00:00:01"}},
  });
}

TEST_CASE("rules of services", "[config]") {
  CheckAll({
      {"all that is required",
       WithPort("services:\n  - method: maglev\n"),
       {"b.yaml:6: services[0].name: is required", "b.yaml:6: services[0].vip: is required",
        "b.yaml:6: services[0].protocol: is required: tcp or udp",
        "b.yaml:6: services[0].ports: must have at least one port"}},
      {"an address that is none",
       WithService("192.0.2.1", "10.0.0.300"),
       {"b.yaml:12: services[0].vip: '10.0.0.300': not an IPv4 or IPv6 address"}},
      {"an address of the balancer",
       WithService("192.0.2.1", "10.0.0.1"),
       {"b.yaml:12: services[0].vip: '10.0.0.1': is the own address of ports[0]"}},
      {"an address of a target",
       WithService("192.0.2.1", "10.0.0.12"),
       {"b.yaml:12: services[0].vip: '10.0.0.12': is the address of targets[1]"}},
      {"the broadcast address of a subnet",
       WithService("192.0.2.1", "10.0.0.255"),
       {"b.yaml:12: services[0].vip: '10.0.0.255': must not be the broadcast address of "
        "10.0.0.0/24"}},
      {"a multicast address",
       WithService("192.0.2.1", "224.0.0.5"),
       {"b.yaml:12: services[0].vip: '224.0.0.5': must not be a multicast address"}},
      {"another protocol",
       WithService("protocol: tcp", "protocol: sctp"),
       {"b.yaml:13: services[0].protocol: 'sctp': must be one of: tcp, udp"}},
      {"ports out of range or twice",
       WithService("[80]", "[0, 80, 65536, 80]"),
       {"b.yaml:14: services[0].ports[0]: '0': must be 1 to 65535, a range of them as 8000-8999, "
        "or all",
        "b.yaml:14: services[0].ports[2]: '65536': must be 1 to 65535, a range of them as "
        "8000-8999, or all",
        "b.yaml:14: services[0].ports[3]: '80': is in the list already"}},
      {"two services in one place",
       WithService("", "") + "  - {name: web, vip: 192.0.2.1, protocol: tcp, ports: [443, 80]}\n"
                             "  - {name: quic, vip: 192.0.2.1, protocol: udp, ports: [443, 80]}\n",
       {"b.yaml:16: services[1].name: 'web': is the name of services[0] already",
        "b.yaml:16: services[1].ports[1]: '80': 192.0.2.1 tcp port 80 is served by services[0] "
        "already"}},
      {"ranges of ports that are none, or meet",
       WithService("[80]", "[8999-8000, 8000-8999, 8080, 8999-9001, all]"),
       {"b.yaml:14: services[0].ports[0]: '8999-8000': must be 1 to 65535, a range of them as "
        "8000-8999, or all",
        "b.yaml:14: services[0].ports[2]: '8080': overlaps 8000-8999 of the same list",
        "b.yaml:14: services[0].ports[3]: '8999-9001': overlaps 8000-8999 of the same list",
        "b.yaml:14: services[0].ports[4]: 'all': every port is all that there is: must be alone "
        "in the list"}},
      {"services whose ranges meet, at one VIP",
       WithService("[80]", "[8000-8999]") +
           "  - {name: a, vip: 192.0.2.1, protocol: tcp, ports: [8080, 8900-9100]}\n"
           "  - {name: b, vip: 192.0.2.1, protocol: tcp, ports: [all]}\n"
           "  - {name: c, vip: 192.0.2.1, protocol: tcp, ports: [1-65535]}\n"
           "  - {name: d, vip: 192.0.2.0/28, protocol: tcp, ports: [8000-8999]}\n"
           "  - {name: e, vip: 192.0.2.0/24, protocol: tcp, ports: [8000-8999]}\n"
           "  - {name: f, vip: 192.0.2.0/28, protocol: tcp, ports: [8999-9000]}\n",
       {"b.yaml:16: services[1].ports[1]: '8900-9100': 192.0.2.1 tcp ports 8000-8999 are served "
        "by services[0] already",
        "b.yaml:18: services[3].ports[0]: 'all': 192.0.2.1 tcp as every port is served by "
        "services[2] already",
        "b.yaml:21: services[6].ports[0]: '8999-9000': 192.0.2.0/28 tcp ports 8000-8999 are "
        "served by services[4] already"}},
      {"a prefix that is none",
       WithService("192.0.2.1", "192.0.2.0/33"),
       {"b.yaml:12: services[0].vip: '192.0.2.0/33': neither an address nor a prefix, as "
        "192.0.2.0/28"}},
      {"a prefix with bits outside",
       WithService("192.0.2.1", "192.0.2.1/28"),
       {"b.yaml:12: services[0].vip: '192.0.2.1/28': has bits set outside the prefix; did you "
        "mean 192.0.2.0/28?"}},
      {"a prefix of half the world",
       WithService("192.0.2.1", "128.0.0.0/1"),
       {"b.yaml:12: services[0].vip: '128.0.0.0/1': a VIP's prefix has at least 8 bits"}},
      {"a prefix with an address of the balancer",
       WithService("192.0.2.1", "10.0.0.0/30"),
       {"b.yaml:12: services[0].vip: '10.0.0.0/30': has 10.0.0.1 in it, the own address of "
        "ports[0]"}},
      {"a prefix with a target",
       WithService("192.0.2.1", "10.0.0.8/29"),
       {"b.yaml:12: services[0].vip: '10.0.0.8/29': has 10.0.0.11 in it, the address of "
        "targets[0]"}},
      {"a prefix with a broadcast address",
       WithService("192.0.2.1", "10.0.0.248/29"),
       {"b.yaml:12: services[0].vip: '10.0.0.248/29': has 10.0.0.255 in it, the broadcast address "
        "of 10.0.0.0/24"}},
      {"a kernel that no port reaches",
       WithPort("no_service: kernel\n"),
       {"b.yaml:5: no_service: 'kernel': no port has a kernel interface (ports: kernel)"}},
      {"timeouts and limits out of range",
       WithService("ports: [80]",
                   "ports: [80]\n    timeouts: {udp: 9h, tcp_closing: 5}\n"
                   "    max_half_open: 134217729"),
       {"b.yaml:15: services[0].timeouts.tcp_closing: '5': must be a duration with a unit, as "
        "500us, 90s or 2h10m",
        "b.yaml:15: services[0].timeouts.udp: '9h': must be 1s to 8h",
        "b.yaml:16: services[0].max_half_open: '134217729': must be 0 to 134217728"}},
      {"automatic affinity out of range",
       WithService("ports: [80]",
                   "ports: [80]\n    automatic_affinity:\n      linger: 5h\n"
                   "      client_ports: [0, 80-90, 85]"),
       {"b.yaml:16: services[0].automatic_affinity.linger: '5h': must be 0 to 4h",
        "b.yaml:17: services[0].automatic_affinity.client_ports[0]: '0': must be 1 to 65535, or a "
        "range as 40000-40999",
        "b.yaml:17: services[0].automatic_affinity.client_ports[2]: '85': is in the list already, "
        "or a part of it is"}},
      {"targets that are not there, or twice",
       WithService("[{target: web-1}]",
                   "[{target: web-1}, {target: wbe-1}, {weight: 1}, {target: web-1}, {target: x}]"),
       {"b.yaml:15: services[0].targets[1].target: 'wbe-1': is not the name of a target; did you "
        "mean 'web-1'?",
        "b.yaml:15: services[0].targets[2].target: is required",
        "b.yaml:15: services[0].targets[3].target: 'web-1': is in the list already",
        "b.yaml:15: services[0].targets[4].target: 'x': is not the name of a target"}},
      {"a weight out of range",
       WithService("{target: web-1}", "{target: web-1, weight: 10001}"),
       {"b.yaml:15: services[0].targets[0].weight: '10001': must be 0 to 10000"}},
      {"a rank out of range",
       WithService("{target: web-1}", "{target: web-1, rank: 0}"),
       {"b.yaml:15: services[0].targets[0].rank: '0': must be 1 to 10000"}},
      {"a deadline and a threshold out of range",
       WithService("targets: [{target: web-1}]",
                   "drain_deadline: 0s\n    panic_threshold: 4097\n    targets: [{target: web-1}]"),
       {"b.yaml:15: services[0].drain_deadline: '0s': must be 1s to 720h",
        "b.yaml:16: services[0].panic_threshold: '4097': must be 0 to 4096"}},
  });
}

TEST_CASE("there is a limit to everything", "[config]") {
  std::string ports = "ports:\n";
  for (int i = 0; i < 17; ++i)
    absl::StrAppend(&ports, "  - {name: p", i, ", device: net_tap", i, ", addresses: [10.0.", i,
                    ".1/24]}\n");
  CHECK(MistakesIn(ports) ==
        std::vector<std::string>{"b.yaml:1: ports: '17 ports': at most 16 are possible"});

  std::string workers = "cores:\n  workers: [1";
  for (int i = 2; i <= 65; ++i) absl::StrAppend(&workers, ", ", i);
  CHECK(MistakesIn(WithPort(workers + "]\n")) ==
        std::vector<std::string>{"b.yaml:6: cores.workers: '65 workers': at most 64 are possible"});

  std::string targets = "ports: [{name: a, device: net_tap0, addresses: [10.0.0.1/8]}]\ntargets:\n";
  for (int i = 0; i < 4097; ++i)
    absl::StrAppend(&targets, "  - {name: t", i, ", address: 10.1.", i / 250, ".", i % 250 + 1,
                    "}\n");
  CHECK(MistakesIn(targets) ==
        std::vector<std::string>{"b.yaml:2: targets: '4097 targets': at most 4096 are possible"});

  std::string services = WithPort("services:\n");
  for (int i = 0; i < 1025; ++i)
    absl::StrAppend(&services, "  - {name: s", i, ", vip: 192.0.2.1, protocol: tcp, ports: [",
                    i + 1, "]}\n");
  CHECK(MistakesIn(services) ==
        std::vector<std::string>{"b.yaml:5: services: '1025 services': at most 1024 are possible"});
}

}  // namespace
}  // namespace holdfast::config
