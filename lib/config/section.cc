#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/config/nearest.h"
#include "lib/config/reader.h"
#include "lib/config/value.h"

namespace atl::config {
namespace {

// Reads one key with `convert`, from the flag if it was given, else from the file.
template <class T, class Convert>
std::optional<T> read_one(Document& document, size_t index, std::string_view key, Convert convert) {
  const toml::node* node = document.ask(index, key);
  if (const Document::Flag* flag = document.flag_of(document.nodes[index], key)) {
    if (flag->values.size() > 1) {
      document.problem({0, 0, flag->name}, "is given more than once, but has one value");
      return std::nullopt;
    }
    return convert(Value{document, {0, 0, flag->name}, std::string(key), nullptr, flag->values[0]});
  }
  if (node == nullptr) return std::nullopt;
  return convert(Value{document, mark_of(*node), std::string(key), node, {}});
}

template <class T, class Convert>
std::optional<std::vector<T>> read_list(Document& document, size_t index, std::string_view key,
                                        std::string_view wanted, Convert convert) {
  const toml::node* node = document.ask(index, key);
  std::vector<T> list;
  if (const Document::Flag* flag = document.flag_of(document.nodes[index], key)) {
    for (const std::string& text : flag->values) {
      auto item = convert(Value{document, {0, 0, flag->name}, std::string(key), nullptr, text});
      if (item) list.push_back(*std::move(item));
    }
    return list;
  }
  if (node == nullptr) return std::nullopt;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    Value{document, mark_of(*node), std::string(key), node, {}}.wrong(wanted);
    return list;
  }
  size_t position = 0;
  for (const toml::node& element : *array) {
    const std::string name = fmt::format("{}[{}]", key, position++);
    auto item = convert(Value{document, mark_of(element), name, &element, {}});
    if (item) list.push_back(*std::move(item));
  }
  return list;
}

void missing(Document& document, size_t index, std::string_view key, std::string_view example) {
  const Document::Node& node = document.nodes[index];
  const auto flag = document.flags.find(document.path_of(node, key));
  const std::string or_flag =
      flag == document.flags.end() ? "" : fmt::format(", or give {}", flag->second.name);
  document.problem(
      node.at, fmt::format("{} has no {}: add {} = {}{}", node.title, key, key, example, or_flag));
}

// What is returned for a required key: the value, or empty after a problem.
template <class T>
T required(Document& document, size_t index, std::string_view key, std::optional<T> value,
           std::string_view example) {
  if (value) return *std::move(value);
  const Document::Node& node = document.nodes[index];
  const bool given = document.flag_of(node, key) != nullptr ||
                     (node.table != nullptr && node.table->contains(key));
  if (!given) missing(document, index, key, example);  // else what is wrong was said
  return T{};
}

template <class T>
std::vector<T> not_empty(Document& document, size_t index, std::string_view key,
                         std::optional<std::vector<T>> list, std::string_view example) {
  if (!list) {
    missing(document, index, key, example);
    return {};
  }
  const Document::Node& node = document.nodes[index];
  const toml::array* array = node.table == nullptr ? nullptr : node.table->get_as<toml::array>(key);
  if (document.flag_of(node, key) == nullptr && array != nullptr && array->empty()) {
    document.problem(mark_of(*array),
                     fmt::format("{} must name at least one, such as {}", key, example));
  }
  return *std::move(list);
}

constexpr std::string_view kStringList = "an array of strings, such as [\"a\", \"b\"]";
constexpr std::string_view kEndpointList = "an array of addresses, such as [\"127.0.0.1:8080\"]";

std::string check_choice(Document& document, const Mark& mark, std::string_view key,
                         std::initializer_list<std::string_view> allowed, std::string value) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  const std::vector<std::string> names(allowed.begin(), allowed.end());
  const std::string_view meant = nearest(value, names);
  document.problem(
      mark, fmt::format("{} must be one of \"{}\", not {}{}", key, fmt::join(allowed, "\", \""),
                        quoted(value),
                        meant.empty() ? "" : fmt::format(": did you mean \"{}\"?", meant)));
  return names.front();
}

}  // namespace

bool Section::present() const { return document_->nodes[node_].table != nullptr; }

bool Section::has(std::string_view key) const {
  const Document::Node& node = document_->nodes[node_];
  return document_->flag_of(node, key) != nullptr ||
         (node.table != nullptr && node.table->contains(key));
}

Mark Section::mark() const { return document_->nodes[node_].at; }

Mark Section::mark(std::string_view key) const {
  const Document::Node& node = document_->nodes[node_];
  if (const Document::Flag* flag = document_->flag_of(node, key)) return {0, 0, flag->name};
  const toml::node* value = node.table == nullptr ? nullptr : node.table->get(key);
  return value == nullptr ? node.at : mark_of(*value);
}

Mark Section::mark(std::string_view key, size_t index) const {
  const Document::Node& node = document_->nodes[node_];
  if (document_->flag_of(node, key) != nullptr || node.table == nullptr) return mark(key);
  const toml::array* array = node.table->get_as<toml::array>(key);
  return array == nullptr || index >= array->size() ? mark(key) : mark_of(*array->get(index));
}

void Section::problem(std::string_view key, std::string_view what) {
  document_->problem(mark(key), fmt::format("{} {}", key, what));
}

std::string Section::string(std::string_view key) {
  return required(*document_, node_, key,
                  read_one<std::string>(*document_, node_, key, to_string_value), "\"...\"");
}

std::string Section::string(std::string_view key, std::string fallback) {
  return read_one<std::string>(*document_, node_, key, to_string_value)
      .value_or(std::move(fallback));
}

std::vector<std::string> Section::strings(std::string_view key) {
  return not_empty(*document_, node_, key,
                   read_list<std::string>(*document_, node_, key, kStringList, to_string_value),
                   "[\"...\"]");
}

std::vector<std::string> Section::strings(std::string_view key, std::vector<std::string> fallback) {
  return read_list<std::string>(*document_, node_, key, kStringList, to_string_value)
      .value_or(std::move(fallback));
}

std::vector<std::string> Section::one_or_more(std::string_view key) {
  const Document::Node& node = document_->nodes[node_];
  const bool array = node.table != nullptr && node.table->get_as<toml::array>(key) != nullptr;
  if (array || document_->flag_of(node, key) != nullptr) return strings(key, {});
  std::string one = string(key, "");
  return one.empty() ? std::vector<std::string>() : std::vector<std::string>{std::move(one)};
}

std::string Section::choice(std::string_view key, std::initializer_list<std::string_view> allowed) {
  const std::string example = fmt::format("\"{}\"", fmt::join(allowed, "\" or \""));
  const std::string value =
      required(*document_, node_, key,
               read_one<std::string>(*document_, node_, key, to_string_value), example);
  if (value.empty()) return std::string(*allowed.begin());
  return check_choice(*document_, mark(key), key, allowed, value);
}

std::string Section::choice(std::string_view key, std::initializer_list<std::string_view> allowed,
                            std::string fallback) {
  const auto value = read_one<std::string>(*document_, node_, key, to_string_value);
  return value ? check_choice(*document_, mark(key), key, allowed, *value) : fallback;
}

bool Section::boolean(std::string_view key, bool fallback) {
  return read_one<bool>(*document_, node_, key, to_boolean).value_or(fallback);
}

int64_t Section::integer(std::string_view key, int64_t fallback, Range range) {
  return read_one<int64_t>(*document_, node_, key,
                           [range](const Value& value) { return to_integer(value, range); })
      .value_or(fallback);
}

std::vector<int64_t> Section::integers(std::string_view key, std::vector<int64_t> fallback,
                                       Range range) {
  return read_list<int64_t>(*document_, node_, key, "an array of integers, such as [500, 502]",
                            [range](const Value& value) { return to_integer(value, range); })
      .value_or(std::move(fallback));
}

double Section::real(std::string_view key, RealRange range) {
  return required(*document_, node_, key, optional_real(key, range), "a number");
}

std::optional<double> Section::optional_real(std::string_view key, RealRange range) {
  return read_one<double>(*document_, node_, key,
                          [range](const Value& value) { return to_real(value, range); });
}

std::chrono::milliseconds Section::duration(std::string_view key,
                                            std::chrono::milliseconds fallback,
                                            std::chrono::milliseconds at_least) {
  return read_one<std::chrono::milliseconds>(
             *document_, node_, key,
             [at_least](const Value& value) { return to_duration(value, at_least); })
      .value_or(fallback);
}

std::optional<std::chrono::milliseconds> Section::optional_duration(std::string_view key) {
  return read_one<std::chrono::milliseconds>(
      *document_, node_, key, [](const Value& value) { return to_duration(value, {}); });
}

ByteSize Section::bytes(std::string_view key, ByteSize fallback, ByteSize at_least) {
  return read_one<ByteSize>(*document_, node_, key,
                            [at_least](const Value& value) { return to_bytes(value, at_least); })
      .value_or(fallback);
}

std::optional<ByteSize> Section::optional_bytes(std::string_view key) {
  return read_one<ByteSize>(*document_, node_, key,
                            [](const Value& value) { return to_bytes(value, {}); });
}

std::string Section::endpoint(std::string_view key) {
  return required(*document_, node_, key,
                  read_one<std::string>(*document_, node_, key, to_endpoint), "\"127.0.0.1:8080\"");
}

std::string Section::endpoint(std::string_view key, std::string fallback) {
  return read_one<std::string>(*document_, node_, key, to_endpoint).value_or(std::move(fallback));
}

std::vector<std::string> Section::endpoints(std::string_view key) {
  return not_empty(*document_, node_, key,
                   read_list<std::string>(*document_, node_, key, kEndpointList, to_endpoint),
                   "[\"127.0.0.1:8080\"]");
}

std::vector<std::string> Section::endpoints(std::string_view key,
                                            std::vector<std::string> fallback) {
  return read_list<std::string>(*document_, node_, key, kEndpointList, to_endpoint)
      .value_or(std::move(fallback));
}

Section Section::table(std::string_view key) {
  const toml::node* value = document_->ask(node_, key);
  const Document::Node& parent = document_->nodes[node_];
  Document::Node child;
  child.path = document_->path_of(parent, key);
  child.title = fmt::format("[{}]", child.path);
  child.flags = parent.flags;
  if (value != nullptr) {
    child.at = mark_of(*value);
    child.table = value->as_table();
    if (child.table == nullptr) {
      Value{*document_, child.at, std::string(key), value, {}}.wrong(
          fmt::format("a table, written under the line {}", child.title));
    }
  }
  return {document_, document_->add(std::move(child))};
}

std::vector<Section> Section::tables(std::string_view key) {
  const toml::node* value = document_->ask(node_, key);
  if (value == nullptr) return {};
  const std::string path = document_->path_of(document_->nodes[node_], key);
  const toml::array* array = value->as_array();
  std::vector<Section> sections;
  const std::string wanted = fmt::format("tables, each written under a line [[{}]]", path);
  if (array == nullptr) {
    Value{*document_, mark_of(*value), std::string(key), value, {}}.wrong(wanted);
    return sections;
  }
  for (const toml::node& element : *array) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      Value{*document_, mark_of(element), std::string(key), &element, {}}.wrong(wanted);
      continue;
    }
    Document::Node child{table, path, fmt::format("[[{}]]", path), mark_of(element), {}, false};
    sections.push_back({document_, document_->add(std::move(child))});
  }
  return sections;
}

std::vector<std::pair<std::string, Section>> Section::named_tables(std::string_view key) {
  const toml::node* value = document_->ask(node_, key);
  if (value == nullptr) return {};
  const std::string path = document_->path_of(document_->nodes[node_], key);
  std::vector<std::pair<std::string, Section>> sections;
  const toml::table* all = value->as_table();
  const std::string wanted = fmt::format("a table, written under a line [{}.NAME]", path);
  if (all == nullptr) {
    Value{*document_, mark_of(*value), std::string(key), value, {}}.wrong(wanted);
    return sections;
  }
  for (const auto& [name, node] : *all) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      Value{*document_, mark_of(node), std::string(name.str()), &node, {}}.wrong(wanted);
      continue;
    }
    const std::string child_path = fmt::format("{}.{}", path, name.str());
    Document::Node child{table,         child_path, fmt::format("[{}]", child_path),
                         mark_of(node), {},         false};
    sections.emplace_back(name.str(), Section(document_, document_->add(std::move(child))));
  }
  return sections;
}

}  // namespace atl::config
