#include "deploy/cli/json_view.h"

#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

constexpr size_t kLongestCell = 64;

const JsonValue& member(const JsonValue& object, const char* key) {
  static const JsonValue kNone = nullptr;
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

}  // namespace

std::string text_at(const JsonValue& object, const char* key) {
  const JsonValue& found = member(object, key);
  return found.is_string() ? printable(found.get_ref<const std::string&>(), kLongestCell) : "";
}

uint64_t number_at(const JsonValue& object, const char* key) {
  const JsonValue& found = member(object, key);
  return found.is_number_unsigned() ? found.get<uint64_t>() : 0;
}

double real_at(const JsonValue& object, const char* key) {
  const JsonValue& found = member(object, key);
  return found.is_number() ? found.get<double>() : 0;
}

bool true_at(const JsonValue& object, const char* key) { return member(object, key) == true; }

const JsonValue& list_at(const JsonValue& object, const char* key) {
  static const JsonValue kNone = JsonValue::array();
  const JsonValue& found = member(object, key);
  return found.is_array() ? found : kNone;
}

const JsonValue& object_at(const JsonValue& object, const char* key) {
  static const JsonValue kNone = JsonValue::object();
  const JsonValue& found = member(object, key);
  return found.is_object() ? found : kNone;
}

std::string joined(const JsonValue& list) {
  std::string out;
  for (const JsonValue& one : list) {
    if (!one.is_string()) continue;
    out += (out.empty() ? "" : " ") + printable(one.get<std::string>(), kLongestCell);
  }
  return out;
}

}  // namespace atl::cli
