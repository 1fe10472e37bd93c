#include "edge/encoding/encoder.h"

namespace atl::encoding {

std::unique_ptr<Encoder> make_encoder(policy::Coding coding, std::optional<uint64_t> size) {
  switch (coding) {
    case policy::Coding::Identity:
      return nullptr;
    case policy::Coding::Gzip:
      return make_gzip();
    case policy::Coding::Brotli:
      return make_brotli(size);
    case policy::Coding::Zstd:
      return make_zstd(size);
  }
  return nullptr;
}

}  // namespace atl::encoding
