// Any bytes as the snapshot an edge stored: what is accepted is what would be written.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "edge/agent/snapshot_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto snapshot = atl::edge::decode_snapshot_file(file);
  if (snapshot && atl::edge::encode_snapshot_file(*snapshot) != file) std::abort();
  return 0;
}
