// What a health check says and hears by HTTP/1.1: a GET, and the first line of its answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "health/probe.h"

namespace holdfast {

// An answer whose first line is longer is none of HTTP.
inline constexpr std::size_t kLongestStatusLine = 1024;

std::string HttpRequestOf(const ProbeOrder& order);

// The VIP with the port, as a Host header has it.
std::string AuthorityOf(const ProbeOrder& order);

// What an answer that begins so means; nothing: that is not known yet. `ended`: no more comes.
std::optional<ProbeResult> JudgeHttpAnswer(const ProbeOrder& order, std::string_view received,
                                           bool ended);

}  // namespace holdfast
