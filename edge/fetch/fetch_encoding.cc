// Fetch: what is stored compressed (docs/cache-policy.md, "Compression").
#include "edge/fetch/fetch.h"
#include "edge/policy/compression_policy.h"

namespace atl::edge {

// Whether the answer, if it is stored, is stored compressed, or as the variant of those who do not
// accept that. The request's Accept-Encoding is the one coding it may have (policy::RequestShape).
void Fetch::negotiate(const cache::ResponseView& response, const ResponseHead& head) {
  const policy::CompressionPolicy& compression = plan_.route.behaviour->compression;
  if (plan_.request->method() != "GET" ||
      !policy::may_compress(compression, response.status, response.fields, head.body_length)) {
    return;
  }
  coding_ = policy::choose_coding(plan_.request->fields(), compression.codings);
}

void Fetch::begin_encoding(ResponseHead& head) {
  if (!head.shared) coding_.reset();
  if (coding_.value_or(policy::Coding::Identity) == policy::Coding::Identity) return;
  // Many encoders at once are memory that a client could make us spend.
  if (context_.budget.take(encoding::kMemory)) {
    encoder_ = encoding::make_encoder(*coding_, head.body_length);
    if (encoder_ == nullptr) context_.budget.give_back(encoding::kMemory);
  }
  if (encoder_ == nullptr) {
    // Uncompressed it must not be what all get who accept this coding.
    coding_.reset();
    head.shared = false;
    head.reason = cache::StoreReason::NoRoom;
    return;
  }
  head.body_length.reset();
  head.announced_length.reset();
}

}  // namespace atl::edge
