#pragma once

namespace atl::trust {

// The DNS name in the certificate of every control plane, and in no other: what gRPC's clients hold
// its certificate against, wherever it listens.
inline constexpr const char* kControlName = "control.atoll";

}  // namespace atl::trust
