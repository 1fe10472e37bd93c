#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/rpc/failure.h"
#include "proto/origin.pb.h"

// Numbers and conversions both ends of proto/origin.proto share. Only lib/rpc's sources include it.

namespace atl::rpc {

inline constexpr size_t kMultiplexBody = size_t{64} << 10;  // largest body carried on Multiplex
inline constexpr size_t kMaxChunk = size_t{256} << 10;      // of a body, in one message
inline constexpr int kMaxMessage = 1 << 20;               // received; larger ones break the stream
inline constexpr size_t kBatchBytes = size_t{256} << 10;  // a Multiplex message is closed at this
inline constexpr size_t kTicketBytes = 16;

v1::Failure::Reason to_proto(FailureReason reason);
FailureReason from_proto(v1::Failure::Reason reason);
ExchangeFailure from_proto(const v1::Failure& failure);
void to_proto(const ExchangeFailure& failure, v1::Failure& out);

// `text` with every byte that is not printable ASCII replaced: protobuf refuses a whole message
// over one `string` that is not UTF-8, and one Multiplex message carries many exchanges.
std::string printable(std::string_view text);

}  // namespace atl::rpc
