#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/reader.h"
#include "lib/config/toml.h"

// Private to lib/config: the parsed file and what has been asked of it.

namespace atl::config {

struct Document {
  struct Node {
    const toml::table* table = nullptr;  // null: not in the file
    std::string path;                    // "edge.limits"; empty: the root
    std::string title;                   // for people: "[edge.limits]"
    Mark at;
    std::vector<std::string> asked;
    bool flags = true;  // an element of an array has none
  };
  struct Flag {
    std::string name;
    std::vector<std::string> values;
  };
  struct Problem {
    Mark mark;
    std::string what;
    size_t order;  // in which it was found
  };

  std::string name;
  toml::table table;
  bool broken = false;     // could not be read: nothing more is reported
  std::deque<Node> nodes;  // the first is the root
  std::map<std::string, Flag, std::less<>> flags;
  std::vector<Problem> problems;
  bool finished = false;

  void problem(const Mark& mark, std::string what);
  size_t add(Node node);
  std::string path_of(const Node& node, std::string_view key) const;
  const Flag* flag_of(const Node& node, std::string_view key) const;  // given on the command line
  // The value, and notes that the key is known.
  const toml::node* ask(size_t node, std::string_view key);
  void report_unknown();
};

Mark mark_of(const toml::node& node);

}  // namespace atl::config
