// What the device arguments of net_flows say: "net_flows0,flows=1000000,order=random,...".
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum mix {
  MIX_ESTABLISHED,  // TCP: each flow is opened and acknowledged first, then sends ACKs
  MIX_SYN,          // TCP: every packet opens a connection; a flow comes again after all others
  MIX_UDP,
  MIX_MIXED,  // odd flows UDP, even ones as MIX_ESTABLISHED
};

enum order {
  ORDER_RANDOM,      // each packet's flow is drawn anew, all flows equally likely
  ORDER_SEQUENTIAL,  // one flow after the other, round and round
};

// What a transmitted frame must look like.
enum check {
  CHECK_NONE,
  CHECK_L2,    // as it came, but for the MACs: a target's, ours
  CHECK_IPIP,  // as it came, behind an outer IP header to a target, MACs as in l2
  CHECK_GUE,   // the same with a UDP header between them
  CHECK_NAT,   // to a target's address, from the balancer's; checksums fit
  CHECK_SWAP,  // as it came, MACs swapped
};

struct settings {
  uint64_t flows;        // 0: this device only takes packets, it gives none
  uint64_t flood;        // so many further flows, of which only SYNs come (flood_every)
  uint64_t flood_every;  // one packet in so many is one of `flood`
  uint64_t fill;         // so many packets of the mix come before the source is ready
  uint64_t queues;       // at most so many pairs
  uint64_t pace;         // packets a second of all pairs together (pace.h); 0: as asked for
  uint64_t seed;
  uint64_t port;         // of the services
  uint64_t check_every;  // one transmitted packet in so many is looked at
  uint64_t warmup_ms;
  uint64_t measure_ms;
  struct in_addr vip;       // of the first service
  uint64_t services;        // so many, at successive VIPs; flow n is of the n-th, round and round
  struct in_addr balancer;  // its own address
  struct in_addr targets;   // the first two bytes of a target's address
  uint8_t target_mac[4];    // the first four of its MAC; the last two are those of the address
  bool ipv6;                // all addresses are IPv6 (images.h); MIX_ESTABLISHED without a flood
  enum mix mix;
  enum order order;
  enum check check;
  char report[128];  // file to share with the runner (report.h); "": none, and no waiting for it
  char rules[128];   // file to write l3fwd's exact-match rules into, to port 1; "": none
};

// False, with a message on stderr, if `arguments` are not understood. `arguments` may be NULL.
bool settings_parse(const char* arguments, struct settings* settings);
