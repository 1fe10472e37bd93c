#include "lib/http/field_lookup.h"

#include "lib/http/chars.h"

namespace atl::http {

const Field* find(Fields fields, std::string_view name) {
  for (const Field& field : fields) {
    if (equal_ignore_case(field.name, name)) return &field;
  }
  return nullptr;
}

std::optional<std::string_view> value_of(Fields fields, std::string_view name) {
  const Field* field = find(fields, name);
  return field == nullptr ? std::nullopt : std::optional(field->value);
}

size_t count(Fields fields, std::string_view name) {
  size_t found = 0;
  for (const Field& field : fields) {
    if (equal_ignore_case(field.name, name)) ++found;
  }
  return found;
}

std::optional<std::string_view> ListReader::next() {
  while (!rest_.empty()) {
    size_t end = 0;
    bool quoted = false;
    for (; end < rest_.size(); ++end) {
      const char c = rest_[end];
      if (c == '"') quoted = !quoted;
      if (quoted && c == '\\' && end + 1 < rest_.size()) ++end;
      if (!quoted && c == ',') break;
    }
    const std::string_view member = trim_ows(rest_.substr(0, end));
    rest_.remove_prefix(end == rest_.size() ? end : end + 1);
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

bool lists_token(Fields fields, std::string_view name, std::string_view token) {
  for (const Field& field : fields) {
    if (!equal_ignore_case(field.name, name)) continue;
    ListReader members(field.value);
    while (const auto member = members.next()) {
      if (equal_ignore_case(*member, token)) return true;
    }
  }
  return false;
}

}  // namespace atl::http
