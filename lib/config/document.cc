#include "lib/config/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/config/nearest.h"

namespace atl::config {

Mark mark_of(const toml::node& node) {
  const toml::source_position& at = node.source().begin;
  return {at.line, at.column, {}};
}

void Document::problem(const Mark& mark, std::string what) {
  if (!broken) problems.push_back({mark, std::move(what), problems.size()});
}

size_t Document::add(Node node) {
  for (size_t i = 0; node.table != nullptr && i < nodes.size(); ++i) {
    if (nodes[i].table == node.table) return i;  // asked for twice: what is known adds up
  }
  nodes.push_back(std::move(node));
  return nodes.size() - 1;
}

std::string Document::path_of(const Node& node, std::string_view key) const {
  return node.path.empty() ? std::string(key) : fmt::format("{}.{}", node.path, key);
}

const Document::Flag* Document::flag_of(const Node& node, std::string_view key) const {
  if (!node.flags) return nullptr;
  const auto found = flags.find(path_of(node, key));
  return found == flags.end() || found->second.values.empty() ? nullptr : &found->second;
}

const toml::node* Document::ask(size_t index, std::string_view key) {
  Node& node = nodes[index];
  if (std::find(node.asked.begin(), node.asked.end(), key) == node.asked.end()) {
    node.asked.emplace_back(key);
  }
  return node.table == nullptr ? nullptr : node.table->get(key);
}

void Document::report_unknown() {
  if (std::exchange(finished, true) || broken) return;
  for (const Node& node : nodes) {
    if (node.table == nullptr) continue;
    for (const auto& [key, value] : *node.table) {
      const std::string_view written = key.str();
      if (std::find(node.asked.begin(), node.asked.end(), written) != node.asked.end()) continue;
      const std::string_view meant = nearest(written, node.asked);
      const toml::source_position& at = key.source().begin;
      std::string advice;
      if (!meant.empty()) {
        advice = fmt::format("did you mean \"{}\"?", meant);
      } else if (node.asked.empty()) {
        advice = "nothing can be set here";
      } else {
        advice = fmt::format("what can stand here is {}", fmt::join(node.asked, ", "));
      }
      problem({at.line, at.column, {}},
              fmt::format("unknown key \"{}\" in {}: {}", written, node.title, advice));
    }
  }
}

}  // namespace atl::config
