#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/policy/coding.h"
#include "edge/policy/selection.h"
#include "lib/http/field.h"

namespace atl::policy {

// Which stored answers a behaviour keeps compressed. Without codings: none.
struct CompressionPolicy {
  std::vector<Coding> codings;  // in order of preference
  NameList types;               // media types without parameters, in lower case
  uint64_t min_bytes = 1024;
  uint64_t max_bytes = 10 << 20;

  bool enabled() const { return !codings.empty(); }
};

// Whether a response may be compressed: a 200 of a listed type and of a size within bounds (what
// has no length is), that is not encoded or a part already, and that does not say no-transform (RFC
// 9111 section 5.2.2.6). Event streams never are: an encoder would hold them back.
bool may_compress(const CompressionPolicy& policy, uint16_t status, http::Fields response,
                  std::optional<uint64_t> length);

}  // namespace atl::policy
