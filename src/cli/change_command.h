// Commands that change services and targets: how their options fill a request, and how
// it is sent.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/config_outcome.h"
#include "cli/connection.h"
#include "cli/invocation.h"

namespace holdfast::cli {

// An option whose text `set` takes; `name` without dashes is a positional one.
inline CLI::Option& AddText(CLI::App& command, const std::string& name, const char* type,
                            std::function<void(const std::string&)> set,
                            const std::string& description) {
  return *command.add_option_function<std::string>(name, std::move(set), description)
              ->type_name(type);
}

// The command sends `request` by `method` of the generated Stub, and shows what became
// of it. `request` is filled while the command line is read.
template <typename Method, typename Request>
void SendOnRun(CLI::App& command, Invocation& invocation, Method method,
               const std::shared_ptr<Request>& request) {
  command.callback([&invocation, method, request] {
    invocation.command = [&invocation, method, request](const Connection& balancer) {
      return ShowConfigChange(balancer.Call(method, *request), invocation);
    };
  });
}

}  // namespace holdfast::cli
