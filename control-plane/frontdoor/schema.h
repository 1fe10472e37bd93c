#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

// JSON Schema (draft 2020-12, which OpenAPI 3.1 uses) in as few words as the API needs. Private to
// control-plane/frontdoor.

namespace atl::control::schema {

using Json = nlohmann::ordered_json;

inline Json with(Json schema, std::string_view about) {
  if (!about.empty()) schema["description"] = about;
  return schema;
}
inline Json text(std::string_view about = {}) { return with({{"type", "string"}}, about); }
inline Json integer(std::string_view about = {}) { return with({{"type", "integer"}}, about); }
inline Json number(std::string_view about = {}) { return with({{"type", "number"}}, about); }
inline Json boolean(std::string_view about = {}) { return with({{"type", "boolean"}}, about); }
inline Json list(Json items, std::string_view about = {}) {
  return with({{"type", "array"}, {"items", std::move(items)}}, about);
}
inline Json one_of(std::initializer_list<std::string_view> values, std::string_view about = {}) {
  Json schema{{"type", "string"}, {"enum", Json::array()}};
  for (const std::string_view value : values) schema["enum"].push_back(value);
  return with(std::move(schema), about);
}
// Another schema of the table.
inline Json ref(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}
// Of a schema with a type: the same, or null.
inline Json nullable(Json schema) {
  schema["type"] = Json::array({schema["type"], "null"});
  if (schema.contains("enum")) schema["enum"].push_back(nullptr);
  return schema;
}

struct Member {
  std::string name;
  Json schema;
  bool required = true;
};
inline Member optional(std::string name, Json schema) {
  return {std::move(name), std::move(schema), false};
}
inline Json object(const std::vector<Member>& members, std::string_view about = {}) {
  Json schema{{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}};
  for (const Member& member : members) {
    schema["properties"][member.name] = member.schema;
    if (member.required) schema["required"].push_back(member.name);
  }
  if (schema["required"].empty()) schema.erase("required");
  return with(std::move(schema), about);
}

}  // namespace atl::control::schema
