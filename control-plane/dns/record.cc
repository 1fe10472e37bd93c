#include "control-plane/dns/record.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "control-plane/dns/name.h"
#include "lib/geo/address.h"

namespace atl::dns {
namespace {

constexpr size_t kLongestString = 255;  // of one <character-string>
constexpr size_t kLongestText = 4096;   // more does not belong into the DNS

// Nobody transfers the zone, so these are what RIPE-203 recommends for small ones.
constexpr uint32_t kRefresh = 86'400;
constexpr uint32_t kRetry = 7'200;
constexpr uint32_t kExpire = 3'600'000;

constexpr std::array<std::pair<std::string_view, Type>, 7> kTypes{{{"A", Type::A},
                                                                   {"AAAA", Type::Aaaa},
                                                                   {"CNAME", Type::Cname},
                                                                   {"TXT", Type::Txt},
                                                                   {"MX", Type::Mx},
                                                                   {"SRV", Type::Srv},
                                                                   {"CAA", Type::Caa}}};

std::unexpected<std::string> wrong(std::string_view what) {
  return std::unexpected(std::string(what));
}

std::expected<std::string, std::string> address_data(Type type, std::string_view value) {
  const auto address = geo::parse_address(value);
  if (!address || address->is_v4() != (type == Type::A)) {
    return wrong(type == Type::A ? "is not an IPv4 address" : "is not an IPv6 address");
  }
  const auto* begin = reinterpret_cast<const char*>(address->bytes.data());
  return type == Type::A ? std::string(begin + 12, 4) : std::string(begin, 16);
}

std::expected<std::string, std::string> text_data(std::string_view value) {
  if (value.size() > kLongestText) return wrong("is longer than 4096 octets");
  std::string data;
  do {
    const std::string_view piece = value.substr(0, kLongestString);
    value.remove_prefix(piece.size());
    data += static_cast<char>(piece.size());
    data += piece;
  } while (!value.empty());
  return data;
}

// The rest is read by ldns, as one line of a zone file that can hold nothing else.
std::expected<std::string, std::string> line_data(std::string_view type, std::string_view value) {
  const bool plain = !value.empty() && value.size() <= kLongestText &&
                     std::all_of(value.begin(), value.end(), [](char c) {
                       return c >= 0x20 && c < 0x7f && c != ';' && c != '(' && c != ')';
                     });
  std::string line = ". 0 IN ";
  line += type;
  line += ' ';
  line += value;
  ldns_rr* parsed = nullptr;
  if (!plain || ldns_rr_new_frm_str(&parsed, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) {
    return wrong("is not the data of such a record in presentation format");
  }
  const std::unique_ptr<ldns_rr, void (*)(ldns_rr*)> record(parsed, ldns_rr_free);
  ldns_rr2canonical(record.get());
  std::string data;
  for (size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record.get(), i);
    data.append(reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field));
  }
  return data;
}

void append32(std::string& data, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) data += static_cast<char>(value >> shift & 0xff);
}

}  // namespace

std::optional<Type> parse_type(std::string_view text) {
  for (const auto& [name, type] : kTypes) {
    if (name == text) return type;
  }
  return std::nullopt;
}

std::expected<std::string, std::string> parse_data(Type type, std::string_view value) {
  switch (type) {
    case Type::A:
    case Type::Aaaa:
      return address_data(type, value);
    case Type::Cname: {
      auto name = parse_name(value);
      if (!name) return wrong("is not a name");
      return *std::move(name);
    }
    case Type::Txt:
      return text_data(value);
    default:
      for (const auto& [name, known] : kTypes) {
        if (known == type) return line_data(name, value);
      }
      return wrong("is of a type that cannot be configured");
  }
}

std::string soa_data(const Authority& authority) {
  std::string data(authority.primary);
  data += authority.mailbox;
  append32(data, authority.serial);
  append32(data, kRefresh);
  append32(data, kRetry);
  append32(data, kExpire);
  append32(data, authority.negative_ttl);
  return data;
}

}  // namespace atl::dns
