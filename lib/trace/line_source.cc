#include "lib/trace/line_source.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace atl::trace {
namespace {

constexpr std::string_view kZstdMagic{"\x28\xb5\x2f\xfd", 4};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

}  // namespace

struct LineSource::State {
  std::string path;
  std::unique_ptr<std::FILE, CloseFile> file;
  std::unique_ptr<ZSTD_DStream, FreeStream> zstd;  // null: plain text
  std::vector<char> raw = std::vector<char>(ZSTD_DStreamInSize());
  ZSTD_inBuffer in{nullptr, 0, 0};
  size_t frame_left = 0;  // what ZSTD_decompressStream last returned: 0 between frames
  std::string text;       // decompressed, from `begin` on not yet given out
  size_t begin = 0;
  bool ended = false;

  Outcome<size_t> read_raw() {
    const size_t got = std::fread(raw.data(), 1, raw.size(), file.get());
    if (got == 0 && std::ferror(file.get())) {
      return std::unexpected(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
    return got;
  }
};

LineSource::LineSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
LineSource::LineSource(LineSource&&) noexcept = default;
LineSource& LineSource::operator=(LineSource&&) noexcept = default;
LineSource::~LineSource() = default;

Outcome<LineSource> LineSource::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->file.reset(std::fopen(path.c_str(), "rb"));
  if (!state->file) {
    return std::unexpected(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  }
  const auto got = state->read_raw();
  if (!got) return std::unexpected(got.error());
  const std::string_view head(state->raw.data(), *got);
  if (head.starts_with(kZstdMagic)) {
    state->zstd.reset(ZSTD_createDStream());
    state->in = {state->raw.data(), *got, 0};
  } else {
    state->text = head;
    state->ended = *got == 0;
  }
  return LineSource(std::move(state));
}

// Appends to `text`; false at the end of the file.
Outcome<bool> LineSource::refill() {
  State& s = *state_;
  if (s.ended) return false;
  s.text.erase(0, std::exchange(s.begin, 0));
  if (s.zstd == nullptr) {
    const auto got = s.read_raw();
    if (!got) return std::unexpected(got.error());
    s.text.append(s.raw.data(), *got);
    s.ended = *got == 0;
    return !s.ended;
  }
  if (s.in.pos == s.in.size) {
    const auto got = s.read_raw();
    if (!got) return std::unexpected(got.error());
    if (*got == 0) {
      s.ended = true;
      if (s.frame_left == 0) return false;
      return std::unexpected(fmt::format("{} is cut off in the middle of its zstd data", s.path));
    }
    s.in = {s.raw.data(), *got, 0};
  }
  const size_t before = s.text.size();
  s.text.resize(before + ZSTD_DStreamOutSize());
  ZSTD_outBuffer out{s.text.data() + before, s.text.size() - before, 0};
  s.frame_left = ZSTD_decompressStream(s.zstd.get(), &out, &s.in);
  if (ZSTD_isError(s.frame_left)) {
    return std::unexpected(
        fmt::format("{} is damaged: {}", s.path, ZSTD_getErrorName(s.frame_left)));
  }
  s.text.resize(before + out.pos);
  return true;
}

Outcome<std::optional<std::string_view>> LineSource::next() {
  State& s = *state_;
  size_t scanned = s.begin;
  for (;;) {
    size_t end = s.text.find('\n', scanned);
    const bool complete = end != std::string::npos;
    if (!complete) end = s.text.size();
    if (end - s.begin > kLongestLine) {
      return std::unexpected(
          fmt::format("{} has a line of more than {} bytes: not a trace", s.path, kLongestLine));
    }
    if (!complete) {
      const size_t kept = end - s.begin;
      const auto more = refill();
      if (!more) return std::unexpected(more.error());
      scanned = s.begin + kept;
      if (*more) continue;
      if (s.begin == s.text.size()) return std::nullopt;
      end = s.text.size();  // a last line without its LF
    }
    std::string_view line(s.text.data() + s.begin, end - s.begin);
    s.begin = complete ? end + 1 : end;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
}

}  // namespace atl::trace
