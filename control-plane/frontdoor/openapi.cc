#include "control-plane/frontdoor/openapi.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "control-plane/access/credentials.h"
#include "control-plane/frontdoor/schema.h"
#include "control-plane/frontdoor/schemas.h"

namespace atl::control {
namespace {

using schema::Json;

Json content(std::string_view type, std::string_view schema_name) {
  Json media = Json::object();
  if (!schema_name.empty()) media["schema"] = schema::ref(schema_name);
  return {{std::string(type), std::move(media)}};
}

Json answer(std::string_view about, std::string_view type, std::string_view schema_name) {
  return {{"description", about}, {"content", content(type, schema_name)}};
}

Json parameter(std::string_view name, std::string_view in, bool required, std::string_view about) {
  return {{"name", name},
          {"in", in},
          {"required", required},
          {"description", about},
          {"schema", schema::text()}};
}

Json parameters(const Endpoint& endpoint) {
  Json all = Json::array();
  if (const size_t open = endpoint.path.find('{'); open != std::string_view::npos) {
    const size_t close = endpoint.path.find('}', open);
    all.push_back(parameter(endpoint.path.substr(open + 1, close - open - 1), "path", true,
                            endpoint.argument));
  }
  for (const Parameter& one : endpoint.query) {
    all.push_back(parameter(one.name, "query", one.required, one.about));
  }
  return all;
}

Json shared(std::string_view name) {
  return {{"$ref", "#/components/responses/" + std::string(name)}};
}

Json responses(const Endpoint& endpoint) {
  Json all = Json::object();
  for (const Described& one : endpoint.answers) {
    all[std::to_string(one.status)] = answer(one.about, one.type, one.schema);
  }
  all["400"] = shared("Malformed");
  if (endpoint.role != Role::Anyone || endpoint.id == "log-in") {
    all["401"] = shared("Unauthorized");
    all["429"] = shared("TooManyFailures");
  }
  if (endpoint.role != Role::Anyone || endpoint.changes()) all["403"] = shared("Forbidden");
  if (!endpoint.body.empty()) all["413"] = shared("TooLarge");
  if (endpoint.changes()) all["500"] = shared("Failed");
  return all;
}

Json operation(const Endpoint& endpoint) {
  Json made{{"operationId", endpoint.id}, {"summary", endpoint.summary}};
  made["x-atoll-role"] = to_string(endpoint.role);
  made["security"] = Json::array();
  if (endpoint.role != Role::Anyone) {
    made["security"].push_back({{"bearer", Json::array()}});
    made["security"].push_back({{"session", Json::array()}});
  }
  if (Json all = parameters(endpoint); !all.empty()) made["parameters"] = std::move(all);
  if (!endpoint.body.empty()) {
    made["requestBody"] = {{"required", true},
                           {"content", content("application/json", endpoint.body)}};
  }
  made["responses"] = responses(endpoint);
  return made;
}

Json shared_responses() {
  constexpr std::string_view kJson = "application/json";
  Json all;
  all["Malformed"] = answer("The request makes no sense; the sentence says why", kJson, "Error");
  all["Unauthorized"] = answer(
      "No token was shown, or one that is wrong or has expired (WWW-Authenticate)", kJson, "Error");
  all["Forbidden"] = answer(
      "The token's role is not enough, or another site's page may have sent this", kJson, "Error");
  all["TooLarge"] = answer("The body has more than 64 KiB", kJson, "Error");
  all["TooManyFailures"] =
      answer("Too many wrong tokens came from this address (Retry-After)", kJson, "Error");
  all["Failed"] = answer("The machine failed, its disk for example", kJson, "Error");
  return all;
}

}  // namespace

Json openapi_document(std::span<const Endpoint> table, std::string_view version) {
  Json paths = Json::object();
  for (const Endpoint& endpoint : table) {
    std::string method(to_string(endpoint.method));
    for (char& c : method) c = static_cast<char>(c | 0x20);
    paths[std::string(endpoint.path)][method] = operation(endpoint);
  }
  const Json schemes{{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
                     {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", kSessionCookie}}}};
  return {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Atoll control plane"},
        {"version", version},
        {"description",
         "Tokens have a role: viewer reads, operator also purges and changes the "
         "configuration, admin also manages tokens. With [api] authentication = \"off\" none is "
         "asked for. Changes need an address, localhost or a name of [control] api_hosts as "
         "Host, and Content-Type: application/json where there is a body."}}},
      {"servers", Json::array({{{"url", "/"}}})},
      {"paths", std::move(paths)},
      {"components",
       {{"securitySchemes", schemes}, {"responses", shared_responses()}, {"schemas", schemas()}}}};
}

}  // namespace atl::control
