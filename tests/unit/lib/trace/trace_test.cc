#include "lib/trace/trace.h"

#include <doctest/doctest.h>
#include <unistd.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace atl::trace {
namespace {

// A file that goes away with the test.
class TempFile {
 public:
  explicit TempFile(const std::string& bytes) {
    char name[] = "/tmp/atoll-trace-test-XXXXXX";
    const int descriptor = mkstemp(name);
    REQUIRE(descriptor >= 0);
    close(descriptor);
    path_ = name;
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string compressed(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  REQUIRE(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

TraceColumns columns(std::string_view header) {
  const auto parsed = parse_trace_header(header);
  REQUIRE(parsed.has_value());
  return *parsed;
}

TEST_CASE("trace: columns are found by name, in any order") {
  const TraceColumns plain = columns("time,object,size");
  CHECK(plain.object == 1);
  CHECK(plain.size == 2);
  CHECK(plain.range_start == TraceColumns::kAbsent);
  const TraceColumns meta =
      columns("time,object,size,resp_bytes,resp_header_bytes,range_start,range_end,ttl,kind");
  CHECK(meta.range_start == 5);
  CHECK(meta.range_end == 6);
}

TEST_CASE("trace: a header that cannot be used is refused") {
  for (const char* header : {"", "time,object", "size", "object,size,object",
                             "object,size,range_start", "object,size,range_end", "Object,Size"}) {
    CAPTURE(header);
    CHECK_FALSE(parse_trace_header(header).has_value());
  }
}

TEST_CASE("trace: rows become numbers and ranges") {
  const TraceColumns c = columns("time,object,size,range_start,range_end");
  struct Row {
    const char* line;
    uint64_t object, size;
    std::optional<ByteRange> range;
  };
  for (const Row& row :
       {Row{"0,17,1000,-1,-1", 17, 1000, {}}, Row{"0.5,1,5,0,0", 1, 5, ByteRange{0, 0}},
        Row{"9,1,5,2,4,more,cells", 1, 5, ByteRange{2, 4}},
        Row{"9,1,5,2,-1", 1, 5, ByteRange{2, {}}}, Row{"9,1,-1,-1,-1", 1, 0, {}}}) {
    CAPTURE(row.line);
    const auto parsed = parse_trace_row(row.line, c);
    REQUIRE(parsed.has_value());
    CHECK(parsed->object == row.object);
    CHECK(parsed->size == row.size);
    CHECK(parsed->range == row.range);
  }
}

TEST_CASE("trace: rows that are not numbers are refused") {
  const TraceColumns c = columns("time,object,size,range_start,range_end");
  for (const char* line :
       {"", "0", "0,1", "0,1,2", "0,1,2,3", "0,x,2,-1,-1", "0,-1,2,-1,-1", "0,1,,-1,-1",
        "0,1,2 ,-1,-1", "0,1,-2,-1,-1", "0,1,99999999999999999999,-1,-1", "0,1,2,5,4", "0,1,2,-1,4",
        "0,1,2,-2,-1", "0,1,2,0,9223372036854775807", "0,1,2,a,b", "0,\"1\",2,-1,-1"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_trace_row(line, c).has_value());
  }
}

TEST_CASE("trace: plain and compressed files give the same rows in order") {
  std::string text = "time,object,size\n";
  for (int i = 1; i <= 100'000; ++i) text += "0," + std::to_string(i) + ",7\r\n";
  text += "0,5,9";  // no LF at the end
  for (const std::string& bytes :
       {text, compressed(text), compressed(text.substr(0, 1000)) + compressed(text.substr(1000))}) {
    const TempFile file(bytes);
    auto reader = TraceReader::open(file.path());
    REQUIRE(reader.has_value());
    uint64_t rows = 0;
    for (;;) {
      const auto row = reader->next();
      REQUIRE(row.has_value());
      if (!*row) break;
      ++rows;
      REQUIRE((*row)->number == rows);
      REQUIRE((*row)->object == (rows <= 100'000 ? rows : 5));
    }
    CHECK(rows == 100'001);
    CHECK(count_trace_rows(file.path(), UINT64_MAX) == 100'001);
    CHECK(count_trace_rows(file.path(), 12) == 12);
  }
}

TEST_CASE("trace: a cut-off or damaged file is an error, not a short trace") {
  std::string text = "time,object,size\n";
  for (int i = 0; i < 50'000; ++i) text += "0," + std::to_string(i * 7919 % 50'000) + ",7\n";
  const std::string whole = compressed(text);
  std::string damaged = whole;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  damaged.resize(damaged.size() - 2);
  for (const std::string& bytes : {whole.substr(0, whole.size() / 2), damaged}) {
    const TempFile file(bytes);
    auto reader = TraceReader::open(file.path());
    bool failed = !reader.has_value();
    while (!failed) {
      const auto row = reader->next();
      failed = !row.has_value();
      if (row.has_value() && !*row) break;
    }
    CHECK(failed);
  }
}

TEST_CASE("trace: errors name the file and the line") {
  const TempFile file("time,object,size\n0,1,2\n0,1,oops\n");
  auto reader = TraceReader::open(file.path());
  REQUIRE(reader.has_value());
  REQUIRE(reader->next().has_value());
  const auto bad = reader->next();
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error() == file.path() + ":3: size \"oops\" is not a number of bytes");

  const TempFile header("a,b,c\n");
  const auto refused = TraceReader::open(header.path());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().starts_with(header.path() + ":1: "));

  const auto missing = TraceReader::open("/nonexistent/trace.csv");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().find("/nonexistent/trace.csv") != std::string::npos);
}

TEST_CASE("trace: an empty file and an endless line are refused") {
  CHECK_FALSE(TraceReader::open(TempFile("").path()).has_value());
  CHECK_FALSE(TraceReader::open(TempFile(std::string(1 << 20, 'x')).path()).has_value());
}

}  // namespace
}  // namespace atl::trace
