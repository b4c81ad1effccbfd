// The sentences of affinity answers: what happened, to whom, who holds what.
#pragma once

#include <string>
#include <vector>

#include "affinity/request.h"
#include "control/service_balancing.h"

namespace holdfast {

// "client 198.51.100.7 port 40000 at 192.0.2.1 tcp port 80"; a long list of
// ports is given by its count.
std::string InWords(const AffinitySelector& selector);
// "client 198.51.100.7 (any port) at service 'web' (192.0.2.1 tcp, every port)
// of target 'web-1', 59s left".
std::string InWords(const AffinityListing& listing);
// The sentence for an outcome. `answer` has its outcome, grant and conflict.
std::string Explain(const AffinityAnswer& answer, const AffinitySelector& selector,
                    const std::string& target);

// Why a target may hold no affinity of a service. REQUIRES: not kHolds.
std::string WhyNoOwner(const std::string& target, const std::string& service,
                       OwnerStanding standing);

}  // namespace holdfast
