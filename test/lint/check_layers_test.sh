#!/bin/bash
# scripts/check-layers sees what it is there to see: each tree below breaks one
# rule, and the line it must print for it stands beside it.
set -euo pipefail

repository=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# reports INCLUDE FILE MESSAGE: FILE with nothing but INCLUDE is answered with MESSAGE.
reports() {
  rm -rf "$tree/src"
  mkdir -p "$tree/src/$(dirname "$2")"
  printf '// A comment.\n#include %s\n' "$1" >"$tree/src/$2"
  local said status=0
  said=$("$repository/scripts/check-layers" "$tree") || status=$?
  if [[ $said != "$3" || $status != "$([[ -z $3 ]] && echo 0 || echo 1)" ]]; then
    echo "#include $1 in src/$2: wanted '$3', got status $status and '$said'" >&2
    exit 1
  fi
}

reports '<rte_mbuf.h>' control/x.cc \
  'src/control/x.cc:2: <rte_mbuf.h> belongs in datapath/, tables/'
reports '"datapath/worker.h"' control/x.h \
  'src/control/x.h:2: <datapath/worker.h> belongs in balancer/, datapath/'
reports '"control/management_loop.h"' datapath/x.cc \
  'src/datapath/x.cc:2: <control/management_loop.h> belongs in balancer/, control/, rpc/, telemetry/'
reports '<grpcpp/server.h>' telemetry/x.cc \
  'src/telemetry/x.cc:2: <grpcpp/server.h> belongs in cli/, health/, rpc/'
reports '"holdfast/v1/admin.grpc.pb.h"' config/x.cc \
  'src/config/x.cc:2: <holdfast/v1/admin.grpc.pb.h> belongs in cli/, health/, rpc/'
reports '<prometheus/registry.h>' stats/x.cc \
  'src/stats/x.cc:2: <prometheus/registry.h> belongs in telemetry/'
reports '<yaml-cpp/yaml.h>' control/x.cc \
  'src/control/x.cc:2: <yaml-cpp/yaml.h> belongs in config/'
reports '<vector>' attic/x.cc \
  "src/attic/x.cc: 'attic/' is no room that scripts/check-layers knows"

reports '<vector>' base/x.cc ''
reports '"tables/snapshot.h"' datapath/x.cc ''
reports '<rte_rcu_qsbr.h>' tables/x.cc ''
