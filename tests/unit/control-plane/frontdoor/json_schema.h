#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace atl::control {

// Whether `value` is as `schema` says, as far as our schemas go: type, enum, properties, required,
// items, additionalProperties and $ref. Stricter than JSON Schema: a member that is not described
// is wrong. Empty, or where and what the first fault is.
inline std::string fault(const nlohmann::ordered_json& document,
                         const nlohmann::ordered_json& schema, const nlohmann::ordered_json& value,
                         const std::string& where = "$") {
  using Json = nlohmann::ordered_json;
  if (schema.contains("$ref")) {
    const std::string name = schema["$ref"].get<std::string>().substr(1);
    if (!document.contains(Json::json_pointer(name))) return where + ": there is no " + name;
    return fault(document, document[Json::json_pointer(name)], value, where);
  }
  const Json types =
      schema["type"].is_array() ? schema["type"] : Json::array({schema["type"].get<std::string>()});
  const bool typed = std::any_of(types.begin(), types.end(), [&](const Json& type) {
    return (type == "null" && value.is_null()) || (type == "string" && value.is_string()) ||
           (type == "boolean" && value.is_boolean()) || (type == "object" && value.is_object()) ||
           (type == "array" && value.is_array()) || (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
  });
  if (!typed) return where + ": " + value.dump() + " is not " + types.dump();
  if (schema.contains("enum")) {
    const Json& allowed = schema["enum"];
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      return where + ": " + value.dump() + " is none of " + allowed.dump();
    }
  }
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string found =
          fault(document, schema["items"], value[i], where + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
  }
  if (!value.is_object()) return {};
  for (const auto& [key, member] : value.items()) {
    const bool described = schema.contains("properties") && schema["properties"].contains(key);
    if (!described && !schema.contains("additionalProperties")) {
      return where + "." + key + " is not described";
    }
    const Json& own = described ? schema["properties"][key] : schema["additionalProperties"];
    const std::string found = fault(document, own, member, where + "." + key);
    if (!found.empty()) return found;
  }
  if (!schema.contains("required")) return {};
  for (const Json& key : schema["required"]) {
    if (!value.contains(key.get<std::string>())) return where + " has no " + key.dump();
  }
  return {};
}

}  // namespace atl::control
