#include "control-plane/dns/denial.h"

#include <array>
#include <set>

namespace atl::dns {
namespace {

// The first name after `name` in canonical order (RFC 4034 section 6.1): below it, a label of one
// zero octet. Where that is too long, the next sibling.
std::optional<std::string> next_name(std::string_view name) {
  if (name.size() + 2 <= kLongestName) return std::string("\1\0", 2) + std::string(name);
  std::string next(name);
  char& last = next[static_cast<unsigned char>(name.front())];
  if (last == '\xff') return std::nullopt;
  ++last;
  return next;
}

// RFC 4034 section 4.1.2: windows of 256 types, of each as many octets as are needed.
std::string bitmap_of(const std::set<uint16_t>& types) {
  std::string out;
  for (auto type = types.begin(); type != types.end();) {
    const unsigned window = *type >> 8;
    std::array<uint8_t, 32> bits{};
    size_t used = 0;
    for (; type != types.end() && *type >> 8 == static_cast<int>(window); ++type) {
      const size_t octet = (*type & 0xff) / 8;
      bits[octet] = static_cast<uint8_t>(bits[octet] | 0x80 >> *type % 8);
      used = octet + 1;
    }
    out += static_cast<char>(window);
    out += static_cast<char>(used);
    out.append(reinterpret_cast<const char*>(bits.data()), used);
  }
  return out;
}

}  // namespace

std::optional<std::string> nsec_data(std::string_view name, const Node* node, uint16_t denied,
                                     bool apex) {
  const auto number = [](Type type) { return static_cast<uint16_t>(type); };
  std::set<uint16_t> types{number(Type::Rrsig), number(Type::Nsec)};
  if (node == nullptr) {
    types.insert(number(Type::Nxname));
  } else {
    for (const RecordSet& set : node->sets) types.insert(number(set.type));
    if (node->policy) types.insert({number(Type::A), number(Type::Aaaa)});
    if (apex) types.insert(number(Type::Dnskey));
    if (denied != number(Type::Rrsig)) types.erase(denied);  // signatures are with what they sign
  }
  auto next = next_name(name);
  if (!next) return std::nullopt;
  return *next + bitmap_of(types);
}

}  // namespace atl::dns
