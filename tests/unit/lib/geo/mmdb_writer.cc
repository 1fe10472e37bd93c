#include "tests/unit/lib/geo/mmdb_writer.h"

#include <array>
#include <bit>
#include <cstdint>

#include "lib/geo/address.h"

namespace atl::geo {
namespace {

constexpr uint32_t kEmpty = UINT32_MAX;
constexpr size_t kSeparator = 16;  // zero bytes between the tree and the data

void put_number(std::string& out, uint64_t number, size_t bytes) {
  while (bytes-- > 0) out += static_cast<char>(number >> (8 * bytes));
}

void put_control(std::string& out, unsigned type, size_t size) {
  const unsigned first = type <= 7 ? type << 5 : 0;
  if (size < 29) {
    out += static_cast<char>(first | size);
  } else {
    out += static_cast<char>(first | 29);
  }
  if (type > 7) out += static_cast<char>(type - 7);
  if (size >= 29) out += static_cast<char>(size - 29);
}

void put_text(std::string& out, std::string_view text) {
  put_control(out, 2, text.size());
  out += text;
}

void put_map(std::string& out, const MmdbWriter::Map& map);

void put_value(std::string& out, const MmdbWriter::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.content)) {
    put_text(out, *text);
  } else if (const auto* number = std::get_if<double>(&value.content)) {
    put_control(out, 3, 8);
    put_number(out, std::bit_cast<uint64_t>(*number), 8);
  } else {
    put_map(out, std::get<MmdbWriter::Map>(value.content));
  }
}

void put_map(std::string& out, const MmdbWriter::Map& map) {
  put_control(out, 7, map.size());
  for (const auto& [key, value] : map) {
    put_text(out, key);
    put_value(out, value);
  }
}

std::string metadata(size_t nodes) {
  std::string out = "\xab\xcd\xefMaxMind.com";
  put_control(out, 7, 9);
  const auto number = [&out](std::string_view key, unsigned type, uint64_t value, size_t bytes) {
    put_text(out, key);
    put_control(out, type, bytes);
    put_number(out, value, bytes);
  };
  number("node_count", 6, nodes, 4);
  number("record_size", 5, 32, 2);
  number("ip_version", 5, 6, 2);
  number("binary_format_major_version", 5, 2, 2);
  number("binary_format_minor_version", 5, 0, 2);
  number("build_epoch", 9, 1'700'000'000, 8);
  put_text(out, "database_type");
  put_text(out, "Test");
  put_text(out, "languages");
  put_control(out, 11, 0);
  put_text(out, "description");
  put_control(out, 7, 0);
  return out;
}

// IPv4 addresses live at ::/96, where readers look for them.
bool bit_of(const Prefix& prefix, unsigned index) {
  Address address = prefix.address;
  if (address.is_v4()) address.bytes[10] = address.bytes[11] = 0;
  return (address.bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

std::string MmdbWriter::bytes() const {
  std::vector<std::array<uint32_t, 2>> tree{{kEmpty, kEmpty}};
  std::string data;
  std::vector<std::pair<size_t, bool>> leaves;  // where data offsets stand
  for (const auto& [text, record] : rows_) {
    const Prefix prefix = *parse_prefix(text);
    size_t node = 0;
    for (unsigned i = 0; i + 1 < prefix.length; ++i) {
      const bool bit = bit_of(prefix, i);
      if (tree[node][bit] == kEmpty) {
        tree[node][bit] = static_cast<uint32_t>(tree.size());
        tree.push_back({kEmpty, kEmpty});
      }
      node = tree[node][bit];
    }
    const bool last = bit_of(prefix, prefix.length - 1U);
    tree[node][last] = static_cast<uint32_t>(data.size());
    leaves.emplace_back(node, last);
    put_map(data, record);
  }
  const auto nodes = static_cast<uint32_t>(tree.size());
  for (const auto& [node, bit] : leaves) tree[node][bit] += nodes + kSeparator;
  std::string out;
  for (const auto& records : tree) {
    for (const uint32_t record : records) put_number(out, record == kEmpty ? nodes : record, 4);
  }
  return out + std::string(kSeparator, '\0') + data + metadata(nodes);
}

}  // namespace atl::geo
