// Any bytes as a configuration: the reader either reads them or says where they are wrong.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/config/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Reader reader = config::Reader::from_text("fuzz.toml", text);
  config::Section a = reader.table("a");
  a.string("s", "");
  a.strings("l", {});
  a.one_or_more("m");
  a.choice("c", {"red", "green"}, "red");
  a.boolean("b", false);
  a.integer("i", 0, {0, 9});
  a.integers("n", {});
  a.optional_real("r", {-1, 1});
  a.duration("d", {});
  a.bytes("z", {});
  a.endpoint("e", "");
  a.endpoints("f", {});
  for (config::Section& section : reader.tables("t")) section.table("u").string("v");
  for (auto& [name, section] : reader.named_tables("x")) section.string("y", "");
  if (!reader.readable() && reader.problems().size() != 1) std::abort();
  reader.problems();
  return 0;
}
