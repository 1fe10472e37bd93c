#pragma once

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "tests/unit/lib/geo/mmdb_writer.h"

namespace atl::geo {

// A database on disk for as long as it lives.
class MmdbFile {
 public:
  explicit MmdbFile(const std::string& bytes) {
    std::string name = "/tmp/atoll-mmdb-XXXXXX";
    close(mkstemp(name.data()));
    path_ = name;
    write(bytes);
  }
  ~MmdbFile() { std::remove(path_.c_str()); }
  void write(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// 1.2.0.0/16 is Australia, 1.3.0.0/16 Mountain View in the flat layout, 2a00::/16 Amsterdam in the
// nested one; of 1.4.0.0/16 nothing is known.
inline std::string sample_mmdb() {
  using Map = MmdbWriter::Map;
  using Value = MmdbWriter::Value;
  const auto text = [](const char* value) { return Value{std::string(value)}; };
  const auto number = [](double value) { return Value{value}; };
  const auto map = [](Map value) { return Value{std::move(value)}; };
  MmdbWriter writer;
  writer.add("1.2.0.0/16", {{"country_code", text("AU")}});
  writer.add("1.3.0.0/16", {{"country_code", text("US")},
                            {"city", text("Mountain View")},
                            {"latitude", number(37.4)},
                            {"longitude", number(-122.1)}});
  writer.add("2a00::/16",
             {{"country", map({{"iso_code", text("NL")}})},
              {"city", map({{"names", map({{"en", text("Amsterdam")}})}})},
              {"location", map({{"latitude", number(52.4)}, {"longitude", number(4.9)}})}});
  writer.add("1.4.0.0/16", {{"country_code", text("")}});
  return writer.bytes();
}

}  // namespace atl::geo
