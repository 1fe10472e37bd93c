#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "edge/encoding/encoder.h"

namespace atl::encoding {
namespace {

constexpr int kLevel = 6;             // zlib's own default
constexpr int kGzipWindow = 15 + 16;  // 32 KiB; 16 asks for a gzip wrapper (zlib.h)
constexpr int kMemory = 8;            // zlib's own default

class Gzip final : public Encoder {
 public:
  ~Gzip() override {
    if (ready_) deflateEnd(&stream_);
  }
  bool begin() {
    ready_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) ==
             Z_OK;
    return ready_;
  }

  bool encode(std::string_view in, bool last, std::string& out) override {
    // Its counts are 32 bits wide.
    constexpr size_t kMost = std::numeric_limits<uInt>::max();
    do {
      const std::string_view piece = in.substr(0, kMost);
      in.remove_prefix(piece.size());
      if (!deflate_piece(piece, last && in.empty() ? Z_FINISH : Z_NO_FLUSH, out)) return false;
    } while (!in.empty());
    return true;
  }

 private:
  bool deflate_piece(std::string_view piece, int flush, std::string& out) {
    std::array<char, 16 * 1024> buffer;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = buffer.size();
      const int result = deflate(&stream_, flush);
      if (result == Z_STREAM_ERROR) return false;
      out.append(buffer.data(), buffer.size() - stream_.avail_out);
      if (stream_.avail_out != 0) return flush != Z_FINISH || result == Z_STREAM_END;
    }
  }

  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

std::unique_ptr<Encoder> make_gzip() {
  auto made = std::make_unique<Gzip>();
  return made->begin() ? std::move(made) : nullptr;
}

}  // namespace atl::encoding
