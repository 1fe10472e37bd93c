#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/byte_size.h"

// Typed reading of a TOML file in which every problem is collected, with its place and with what to
// write instead, and reported at once:
//
//   Reader reader = Reader::from_file(path);
//   reader.flag("edge.listen", "--listen", {"127.0.0.1:0"});   // wins over the file
//   Section edge = reader.table("edge");
//   config.pop = edge.string("pop");                            // required
//   config.listen = edge.endpoints("listen", {"127.0.0.1:8080"});
//   config.cache = edge.bytes("cache_memory", 256_MiB);
//   if (std::vector<std::string> problems = reader.problems(); !problems.empty()) ...
//
// A key that nobody asked for is a problem, so every key must be asked for before problems(). One
// thread.

namespace atl::config {

// A place in the file, to report a problem at later.
struct Mark {
  uint32_t line = 0;  // from 1; 0: not in the file
  uint32_t column = 0;
  std::string flag;  // not empty: the value came from this command-line flag
};

struct Range {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};
struct RealRange {
  double min;
  double max;
};

struct Document;

// One table of the file, or the absence of one: then every value is its default. Copies see the
// same table; valid as long as the Reader.
class Section {
 public:
  bool present() const;
  bool has(std::string_view key) const;  // in the file or as a flag
  Mark mark() const;                     // of the table
  // Of a value, or of one element of an array; of the table if there is no such value.
  Mark mark(std::string_view key) const;
  Mark mark(std::string_view key, size_t index) const;
  // "key ..." at the place of its value.
  void problem(std::string_view key, std::string_view what);

  // Each without a default is required: its absence is a problem, and what is returned is empty.
  std::string string(std::string_view key);
  std::string string(std::string_view key, std::string fallback);
  std::vector<std::string> strings(std::string_view key);  // at least one
  std::vector<std::string> strings(std::string_view key, std::vector<std::string> fallback);
  // A string, or an array of them; empty when absent.
  std::vector<std::string> one_or_more(std::string_view key);
  // One of `allowed`; the first is what is returned after a problem.
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed);
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed,
                     std::string fallback);

  bool boolean(std::string_view key, bool fallback);
  int64_t integer(std::string_view key, int64_t fallback, Range range = {});
  std::vector<int64_t> integers(std::string_view key, std::vector<int64_t> fallback,
                                Range range = {});
  double real(std::string_view key, RealRange range);
  std::optional<double> optional_real(std::string_view key, RealRange range);

  // "10s", "250ms": see lib/base/duration.h.
  std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds fallback,
                                     std::chrono::milliseconds at_least = {});
  std::optional<std::chrono::milliseconds> optional_duration(std::string_view key);
  // "64MiB", or an integer of bytes.
  ByteSize bytes(std::string_view key, ByteSize fallback, ByteSize at_least = {});
  std::optional<ByteSize> optional_bytes(std::string_view key);

  // "host:port" as text, checked: see check_endpoint().
  std::string endpoint(std::string_view key);
  std::string endpoint(std::string_view key, std::string fallback);
  std::vector<std::string> endpoints(std::string_view key);  // at least one
  std::vector<std::string> endpoints(std::string_view key, std::vector<std::string> fallback);

  Section table(std::string_view key);                // [here.key]
  std::vector<Section> tables(std::string_view key);  // [[here.key]]
  // [here.key.NAME] for every name, in the order of the names.
  std::vector<std::pair<std::string, Section>> named_tables(std::string_view key);

 private:
  friend class Reader;
  Section(Document* document, size_t node) : document_(document), node_(node) {}

  Document* document_;
  size_t node_;
};

class Reader {
 public:
  static Reader from_file(const std::string& path);
  static Reader from_text(std::string name, std::string_view text);
  static Reader without_file();  // flags and defaults only
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  // What the command line says about the key `path` ("edge.listen"), whose flag is called `name`.
  // Without values: not given; then the flag's name only helps to explain a missing key. Before
  // the key is read.
  void flag(std::string path, std::string name, std::vector<std::string> values);

  Section root();
  Section table(std::string_view key) { return root().table(key); }
  std::vector<Section> tables(std::string_view key) { return root().tables(key); }
  std::vector<std::pair<std::string, Section>> named_tables(std::string_view key) {
    return root().named_tables(key);
  }

  void problem(const Mark& mark, std::string_view what);

  // False: the file could not be read at all, and that is the only problem.
  bool readable() const;

  // Everything wrong, each "file:line:column: sentence", in the order of the file. To be called
  // when everything has been read: what was not asked for counts as unknown.
  std::vector<std::string> problems();

 private:
  explicit Reader(std::unique_ptr<Document> document);
  std::unique_ptr<Document> document_;
};

// Null if `text` is "host:port" with a host name, an IPv4 address or an IPv6 address in brackets,
// and a port of 0..65535; otherwise what is wrong with it.
const char* check_endpoint(std::string_view text);

}  // namespace atl::config
