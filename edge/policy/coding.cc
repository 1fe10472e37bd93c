#include "edge/policy/coding.h"

#include <array>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::policy {
namespace {

constexpr std::array kCodings{Coding::Identity, Coding::Gzip, Coding::Brotli, Coding::Zstd};
constexpr int kUnsaid = -1;

// RFC 9110 section 12.4.2, in thousandths; 0 for what is no weight.
int parse_weight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = text[0] == '1' ? 1000 : 0;
  text.remove_prefix(1);
  if (text.empty()) return weight;
  if (text[0] != '.' || text.size() > 4) return 0;
  int unit = 100;
  for (const char c : text.substr(1)) {
    if (!http::is_digit(c)) return 0;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight > 1000 ? 0 : weight;
}

struct Member {
  std::string_view name;
  int weight = 1000;
};

Member parse_member(std::string_view text) {
  const size_t semicolon = text.find(';');
  Member member{.name = http::trim_ows(text.substr(0, semicolon))};
  if (semicolon == std::string_view::npos) return member;
  const std::string_view parameter = http::trim_ows(text.substr(semicolon + 1));
  const bool is_weight =
      parameter.size() > 2 && http::to_lower(parameter[0]) == 'q' && parameter[1] == '=';
  member.weight = is_weight ? parse_weight(parameter.substr(2)) : 0;
  return member;
}

// "x-gzip" is "gzip" (RFC 9110 section 8.4.1.3).
bool names(std::string_view name, Coding coding) {
  return http::equal_ignore_case(name, token_of(coding)) ||
         (coding == Coding::Gzip && http::equal_ignore_case(name, "x-gzip"));
}

}  // namespace

std::string_view token_of(Coding coding) {
  switch (coding) {
    case Coding::Identity:
      return "identity";
    case Coding::Gzip:
      return "gzip";
    case Coding::Brotli:
      return "br";
    case Coding::Zstd:
      return "zstd";
  }
  return "identity";
}

std::optional<Coding> parse_coding(std::string_view token) {
  for (const Coding coding : kCodings) {
    if (token == token_of(coding)) return coding;
  }
  return std::nullopt;
}

Coding choose_coding(http::Fields fields, std::span<const Coding> offered) {
  std::array<int, kCodings.size()> weights;
  weights.fill(kUnsaid);
  int others = kUnsaid;  // "*"
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "Accept-Encoding")) continue;
    http::ListReader list(field.value);
    while (const auto text = list.next()) {
      const Member member = parse_member(*text);
      if (member.name == "*") others = member.weight;
      for (const Coding coding : kCodings) {
        if (names(member.name, coding)) weights[static_cast<size_t>(coding)] = member.weight;
      }
    }
  }
  const auto weight_of = [&](Coding coding) {
    const int said = weights[static_cast<size_t>(coding)];
    return said == kUnsaid ? others : said;
  };
  Coding best = Coding::Identity;
  // What is not said of identity is that it is fine, but less so than any coding that is named.
  int best_weight = std::max(weights[static_cast<size_t>(Coding::Identity)], 0);
  for (const Coding coding : offered) {
    const int weight = weight_of(coding);
    const bool better =
        best == Coding::Identity ? weight > 0 && weight >= best_weight : weight > best_weight;
    if (!better) continue;
    best = coding;
    best_weight = weight;
  }
  return best;
}

}  // namespace atl::policy
