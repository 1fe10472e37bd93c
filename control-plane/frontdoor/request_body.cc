#include "control-plane/frontdoor/request_body.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control-plane/access/credentials.h"
#include "lib/base/duration.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::expected<PurgeRequest, std::string> parse_purge_request(std::string_view body) {
  constexpr const char* kShape =
      "send one of {\"url\": ...}, {\"prefix\": ...}, {\"host\": ...}, {\"tag\": ...} and "
      "{\"everything\": true}, with \"soft\": true or false beside it if you like";
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return std::unexpected(std::string("this is not a JSON object: ") + kShape);
  }
  PurgeRequest request;
  bool found = false;
  for (const auto& [key, value] : json.items()) {
    if (key == "soft") {
      if (!value.is_boolean()) return std::unexpected("soft is true or false");
      request.soft = value.get<bool>();
      continue;
    }
    const auto kind = parse_purge_kind(key);
    if (!kind || found) return std::unexpected(kShape);
    found = true;
    request.kind = *kind;
    if (*kind == PurgeRequest::Kind::Everything) {
      if (value != true) return std::unexpected("everything is true or left out");
    } else if (value.is_string()) {
      request.value = value.get<std::string>();
    } else {
      return std::unexpected(fmt::format("{} is a string", key));
    }
  }
  if (!found) return std::unexpected(kShape);
  return request;
}

std::expected<TokenRequest, std::string> parse_token_request(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return std::unexpected(
        "send {\"name\": ..., \"role\": \"viewer\", \"operator\" or \"admin\"}, with "
        "\"expires_in\": \"30d\" beside it if it is to end");
  }
  TokenRequest wish;
  bool has_role = false;
  for (const auto& [key, value] : json.items()) {
    if (key != "name" && key != "role" && key != "expires_in") {
      return std::unexpected(fmt::format("\"{}\" means nothing here", key));
    }
    if (!value.is_string()) return std::unexpected(fmt::format("{} is a string", key));
    const std::string text = value.get<std::string>();
    if (key == "name") wish.name = text;
    if (key == "role") {
      const auto role = parse_role(text);
      if (!role) return std::unexpected("role is viewer, operator or admin");
      wish.role = *role;
      has_role = true;
    }
    if (key == "expires_in") {
      const auto duration = parse_duration(text);
      if (!duration) return std::unexpected(fmt::format("expires_in: {}", duration.error().detail));
      wish.lifetime = std::chrono::floor<std::chrono::seconds>(*duration);
    }
  }
  if (!has_role) return std::unexpected("say which role: viewer, operator or admin");
  return wish;
}

std::expected<std::string, std::string> parse_session_request(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  const bool one =
      json.is_object() && json.size() == 1 && json.contains("token") && json["token"].is_string();
  if (!one) return std::unexpected("send {\"token\": ...}");
  auto secret = json["token"].get<std::string>();
  if (!is_bearer_token(secret)) return std::unexpected("this is not a bearer token");
  return secret;
}

}  // namespace atl::control
