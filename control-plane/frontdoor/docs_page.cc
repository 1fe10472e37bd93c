#include "control-plane/frontdoor/docs_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, .method { font-family: ui-monospace, monospace; }
article { border-top: 1px solid var(--line); padding: .5rem 0 1rem; }
h2 { font-size: 1.1rem; margin: .8rem 0 .2rem; }
h3 { font-size: .95rem; margin: .8rem 0 .2rem; }
.method { font-weight: 700; }
.role { float: right; font-size: .85rem; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem; }
ul { list-style: none; margin: 0; padding-left: 1.2rem; border-left: 2px solid var(--soft); }
.about { opacity: .8; }
table { border-collapse: collapse; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
nav a { margin-right: 1rem; white-space: nowrap; }
)";

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? escape_html(found->get<std::string>()) : "";
}

std::string type_of(const Json& schema) {
  if (schema.contains("enum")) {
    std::string values;
    for (const Json& value : schema["enum"]) {
      values += (values.empty() ? "" : " | ") + escape_html(value.dump());
    }
    return values;
  }
  const auto type = schema.find("type");
  if (type == schema.end()) return "";
  if (type->is_string()) return escape_html(type->get<std::string>());
  std::string types;
  for (const Json& one : *type) types += (types.empty() ? "" : " | ") + one.get<std::string>();
  return escape_html(types);
}

class Page {
 public:
  explicit Page(const Json& document) : document_(document) {}

  std::string make() && {
    const Json& info = document_["info"];
    out_ = fmt::format(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>{0}</title><style>{1}</style><h1>{0}</h1>"
        "<p>Version {2}. {3} <a href=\"/v1/openapi.json\">As OpenAPI</a>.</p><nav>",
        text_of(info, "title"), kStyle, text_of(info, "version"), text_of(info, "description"));
    for_each([&](const std::string&, const std::string&, const Json& operation) {
      const std::string id = text_of(operation, "operationId");
      out_ += fmt::format("<a href=\"#{0}\">{0}</a> ", id);
    });
    out_ += "</nav>";
    for_each([&](const std::string& path, const std::string& method, const Json& operation) {
      show(path, method, operation);
    });
    out_ += "<h1>Schemas</h1>";
    for (const auto& [name, schema] : document_["components"]["schemas"].items()) {
      out_ +=
          fmt::format("<article id=\"schema-{0}\"><h2><code>{0}</code></h2>", escape_html(name));
      value(schema);
      out_ += "</article>";
    }
    return std::move(out_) + "</html>\n";
  }

 private:
  template <class Visit>
  void for_each(const Visit& visit) {
    for (const auto& [path, methods] : document_["paths"].items()) {
      for (const auto& [method, operation] : methods.items()) visit(path, method, operation);
    }
  }

  void show(const std::string& path, std::string method, const Json& operation) {
    for (char& c : method) c = static_cast<char>(c & ~0x20);
    out_ += fmt::format(
        "<article id=\"{}\"><span class=\"role\">{}</span><h2><span class=\"method\">{}</span> "
        "<code>{}</code></h2><p>{}</p>",
        text_of(operation, "operationId"), text_of(operation, "x-atoll-role"), escape_html(method),
        escape_html(path), text_of(operation, "summary"));
    if (operation.contains("parameters")) {
      out_ += "<h3>Parameters</h3><table>";
      for (const Json& one : operation["parameters"]) {
        out_ += fmt::format("<tr><td><code>{}</code><td>{}{}<td>{}", text_of(one, "name"),
                            text_of(one, "in"), one["required"] == true ? ", required" : "",
                            text_of(one, "description"));
      }
      out_ += "</table>";
    }
    if (operation.contains("requestBody")) {
      out_ += "<h3>Request</h3>";
      media(operation["requestBody"]["content"]);
    }
    out_ += "<h3>Answers</h3><table>";
    for (const auto& [status, answer] : operation["responses"].items()) {
      const Json& real = answer.contains("$ref") ? referred(answer) : answer;
      out_ +=
          fmt::format("<tr><td>{}<td>{}<td>", escape_html(status), text_of(real, "description"));
      media(real["content"]);
    }
    out_ += "</table></article>";
  }

  void media(const Json& content) {
    for (const auto& [type, one] : content.items()) {
      if (one.contains("schema")) {
        value(one["schema"]);
      } else {
        out_ += escape_html(type);
      }
    }
  }

  const Json& referred(const Json& schema) const {
    return document_[Json::json_pointer(schema["$ref"].get<std::string>().substr(1))];
  }

  void value(const Json& schema) {
    if (schema.contains("$ref")) {
      const std::string name = escape_html(schema["$ref"].get<std::string>());
      const std::string last = name.substr(name.rfind('/') + 1);
      out_ += fmt::format("<a href=\"#schema-{0}\"><code>{0}</code></a>", last);
      return;
    }
    out_ += fmt::format("<code>{}</code> <span class=\"about\">{}</span>", type_of(schema),
                        text_of(schema, "description"));
    if (schema.contains("items")) {
      out_ += "<ul><li>each: ";
      value(schema["items"]);
      out_ += "</ul>";
    }
    if (!schema.contains("properties")) return;
    out_ += "<ul>";
    for (const auto& [name, member] : schema["properties"].items()) {
      const bool required = schema.contains("required") &&
                            std::find(schema["required"].begin(), schema["required"].end(), name) !=
                                schema["required"].end();
      out_ += fmt::format("<li><code>{}</code>{}: ", escape_html(name), required ? "" : "?");
      value(member);
    }
    out_ += "</ul>";
  }

  const Json& document_;
  std::string out_;
};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Reply docs_page(const Json& document) {
  return {
      200, Page(document).make(), "text/html; charset=utf-8",
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'\r\n"};
}

}  // namespace atl::control
