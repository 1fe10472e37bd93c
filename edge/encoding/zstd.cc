#include <zstd.h>

#include <algorithm>
#include <array>

#include "edge/encoding/encoder.h"

namespace atl::encoding {
namespace {

constexpr int kLevel = 3;           // the library's own default
constexpr int kLargestWindow = 19;  // bits: 512 KiB, which bounds the memory; RFC 9659 allows 8 MiB

class Zstd final : public Encoder {
 public:
  explicit Zstd(std::optional<uint64_t> size) : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kLargestWindow);
    if (size) ZSTD_CCtx_setPledgedSrcSize(context_, *size);
  }
  ~Zstd() override { ZSTD_freeCCtx(context_); }
  bool ready() const { return context_ != nullptr; }

  bool encode(std::string_view in, bool last, std::string& out) override {
    std::array<char, 16 * 1024> buffer;
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    for (;;) {
      ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
      const size_t left =
          ZSTD_compressStream2(context_, &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return false;
      out.append(buffer.data(), output.pos);
      if (last ? left == 0 : input.pos == input.size) return true;
    }
  }

 private:
  ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Encoder> make_zstd(std::optional<uint64_t> size) {
  auto made = std::make_unique<Zstd>(size);
  return made->ready() ? std::move(made) : nullptr;
}

}  // namespace atl::encoding
