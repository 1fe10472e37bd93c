#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

// Members of an answer, whatever it is: what is not there, or is of another type, is empty.

namespace atl::cli {

using JsonValue = nlohmann::ordered_json;

// Fit for a terminal, at most 64 bytes.
std::string text_at(const JsonValue& object, const char* key);
uint64_t number_at(const JsonValue& object, const char* key);
double real_at(const JsonValue& object, const char* key);
bool true_at(const JsonValue& object, const char* key);
// The member when it is an array, else an empty one.
const JsonValue& list_at(const JsonValue& object, const char* key);
// The member when it is an object, else an empty one.
const JsonValue& object_at(const JsonValue& object, const char* key);

// Its texts, with spaces between.
std::string joined(const JsonValue& list);

}  // namespace atl::cli
