// Any bytes as a request for a certificate and as a certificate: what is accepted is a P-256 key
// that signed for itself, and a certificate that names somebody.

#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/crypto/certificate_request.h"
#include "lib/trust/guard.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = atl::crypto::read_request(bytes)) {
    ATOLL_CHECK(request->key != nullptr && bytes.size() <= atl::crypto::kLargestRequest);
  }
  if (const auto caller = atl::trust::to_caller(bytes)) {
    ATOLL_CHECK(atl::trust::to_uri(caller->identity) == caller->uri);
  }
  return 0;
}
