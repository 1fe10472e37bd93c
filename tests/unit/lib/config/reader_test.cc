#include "lib/config/reader.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

namespace atl::config {
namespace {

using namespace std::chrono_literals;
// Joined, so that a failing check shows them.
struct Problems {
  Problems() = default;
  Problems(std::initializer_list<const char*> list) {
    for (const char* problem : list) text += problem + std::string("\n");
  }
  explicit Problems(Reader& reader) {
    for (const std::string& problem : reader.problems()) text += problem + "\n";
  }
  bool operator==(const Problems&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Problems& problems) {
    return out << '\n' << problems.text;
  }
  std::string text;
};

// What a program would read: one key of every kind.
struct Everything {
  std::string name;
  std::vector<std::string> words;
  std::string colour;
  bool on = false;
  int64_t count = 0;
  std::vector<int64_t> statuses;
  double ratio = 0;
  std::chrono::milliseconds wait{};
  ByteSize size;
  std::string listen;
  std::vector<std::string> endpoints;
};

Everything read_everything(Reader& reader) {
  Section s = reader.table("all");
  Everything all;
  all.name = s.string("name");
  all.words = s.strings("words", {"default"});
  all.colour = s.choice("colour", {"red", "green"}, "green");
  all.on = s.boolean("on", true);
  all.count = s.integer("count", 7, {1, 9});
  all.statuses = s.integers("statuses", {500}, {100, 599});
  all.ratio = s.optional_real("ratio", {-1, 1}).value_or(0.5);
  all.wait = s.duration("wait", 3s, 10ms);
  all.size = s.bytes("size", 1_KiB, ByteSize{16});
  all.listen = s.endpoint("listen", "127.0.0.1:1");
  all.endpoints = s.endpoints("endpoints", {});
  return all;
}

Problems problems_of(std::string_view text) {
  Reader reader = Reader::from_text("f.toml", text);
  read_everything(reader);
  return Problems(reader);
}

TEST_CASE("config: every kind of value is read, and nothing is wrong") {
  Reader reader = Reader::from_text("f.toml", R"([all]
name = "n"
words = ["a", "b"]
colour = "red"
on = false
count = 9
statuses = [502, 503]
ratio = -1
wait = "250ms"
size = "2MiB"
listen = "[::1]:8080"
endpoints = ["127.0.0.1:80", "host.example:0"]
)");
  const Everything all = read_everything(reader);
  CHECK(Problems(reader) == Problems{});
  CHECK(all.name == "n");
  CHECK(all.words == std::vector<std::string>{"a", "b"});
  CHECK(all.colour == "red");
  CHECK_FALSE(all.on);
  CHECK(all.count == 9);
  CHECK(all.statuses == std::vector<int64_t>{502, 503});
  CHECK(all.ratio == -1.0);
  CHECK(all.wait == 250ms);
  CHECK(all.size == 2_MiB);
  CHECK(all.listen == "[::1]:8080");
  CHECK(all.endpoints == std::vector<std::string>{"127.0.0.1:80", "host.example:0"});
}

TEST_CASE("config: what is absent has its default") {
  Reader reader = Reader::from_text("f.toml", "[all]\nname = \"n\"\n");
  const Everything all = read_everything(reader);
  CHECK(Problems(reader) == Problems{});
  CHECK(all.words == std::vector<std::string>{"default"});
  CHECK(all.colour == "green");
  CHECK(all.on);
  CHECK(all.count == 7);
  CHECK(all.ratio == 0.5);
  CHECK(all.wait == 3s);
  CHECK(all.size == 1_KiB);
  CHECK(all.listen == "127.0.0.1:1");
}

TEST_CASE("config: each wrong value is named with its place and with what to write instead") {
  struct Row {
    const char* line;
    const char* problem;
  };
  for (const Row& row : {
           Row{"name = 5", "f.toml:3:8: name must be a string in quotes, not the integer 5"},
           Row{"name = \"\"", "f.toml:3:8: name must not be empty: leave it out or say which"},
           Row{"name = \"a\\nb\"",
               "f.toml:3:8: name must be free of control characters, not the string \"a\\x0ab\""},
           Row{"words = \"a\"",
               "f.toml:3:9: words must be an array of strings, such as "
               "[\"a\", \"b\"], not the string \"a\""},
           Row{"words = [\"a\", 1]",
               "f.toml:3:15: words[1] must be a string in quotes, not the integer 1"},
           Row{"colour = \"gren\"",
               "f.toml:3:10: colour must be one of \"red\", \"green\", not "
               "\"gren\": did you mean \"green\"?"},
           Row{"on = \"yes\"",
               "f.toml:3:6: on must be true or false, without quotes, not the string \"yes\""},
           Row{"count = 10", "f.toml:3:9: count must be an integer of 1 to 9, not the integer 10"},
           Row{"count = 1.0", "f.toml:3:9: count must be an integer of 1 to 9, not the number 1"},
           Row{"statuses = [500, 99]",
               "f.toml:3:18: statuses[1] must be an integer of 100 to 599, not the integer 99"},
           Row{"ratio = nan", "f.toml:3:9: ratio must be a number of -1 to 1, not the number nan"},
           Row{"wait = 10",
               "f.toml:3:8: wait must be a duration of at least \"10ms\", not the "
               "integer 10"},
           Row{"wait = \"5ms\"",
               "f.toml:3:8: wait must be a duration of at least \"10ms\", not "
               "the string \"5ms\""},
           Row{"size = -1",
               "f.toml:3:8: size must be a size of at least \"16 B\", not the integer -1"},
           Row{"size = \"1 MiB!\"",
               "f.toml:3:8: size must be a size of at least \"16 B\", not "
               "the string \"1 MiB!\""},
           Row{"listen = \"127.0.0.1\"",
               "f.toml:3:10: listen must be an address such as \"127.0.0.1:8080\" or "
               "\"[::1]:8080\", not \"127.0.0.1\": the port is missing"},
           Row{"nmae = \"x\"", "f.toml:3:1: unknown key \"nmae\" in [all]: did you mean \"name\"?"},
           Row{"zzzzzz = 1",
               "f.toml:3:1: unknown key \"zzzzzz\" in [all]: what can stand here is "
               "name, words, colour, on, count, statuses, ratio, wait, size, listen, "
               "endpoints"},
           Row{"wait.x = 1",
               "f.toml:3:1: wait must be a duration of at least \"10ms\", not a table"},
       }) {
    CAPTURE(row.line);
    const bool name_given = std::string_view(row.line).starts_with("name");
    const std::string text =
        std::string("[all]\n") + (name_given ? "" : "name = \"n\"") + "\n" + row.line + "\n";
    CHECK(problems_of(text) == Problems{row.problem});
  }
}

TEST_CASE("config: all problems are reported at once, in the order of the file") {
  CHECK(problems_of("other = 1\n[all]\nsize = []\ncount = 0\n[alll]\n") ==
        Problems{"f.toml:1:1: unknown key \"other\" in the file: what can stand here is all",
                 "f.toml:2:1: [all] has no name: add name = \"...\"",
                 "f.toml:3:8: size must be a size of at least \"16 B\", not an array",
                 "f.toml:4:9: count must be an integer of 1 to 9, not the integer 0",
                 "f.toml:5:2: unknown key \"alll\" in the file: did you mean \"all\"?"});
}

TEST_CASE("config: a file that is not TOML is one problem, with its place") {
  struct Row {
    const char* text;
    const char* start;
  };
  for (const Row& row :
       {Row{"[all]\nname = \"half wri", "f.toml:2:"}, Row{"[all\nname = 1\n", "f.toml:1:"},
        Row{"[all]\nname = \"a\"\nname = \"b\"\n", "f.toml:3:"},
        Row{"[all]\nname = \"\xff\"\n", "f.toml:2:"}}) {
    CAPTURE(row.text);
    const std::string problems = problems_of(row.text).text;
    CAPTURE(problems);
    CHECK(problems.starts_with(row.start));
    CHECK(problems.find("this is not TOML: ") != std::string::npos);
    CHECK(problems.find('\n') == problems.size() - 1);
  }
}

TEST_CASE("config: flags win over the file") {
  Reader reader = Reader::from_text("f.toml", "[all]\nname = 5\ncount = 2\nwords = [\"f\"]\n");
  reader.flag("all.name", "--name", {"flag"});
  reader.flag("all.count", "--count", {"3"});
  reader.flag("all.words", "--word", {"x", "y"});
  reader.flag("all.on", "--on", {"false"});
  reader.flag("all.wait", "--wait", {"20ms"});
  reader.flag("all.size", "--size", {"1MiB"});
  const Everything all = read_everything(reader);
  CHECK(Problems(reader) == Problems{});
  CHECK(all.name == "flag");
  CHECK(all.count == 3);
  CHECK(all.words == std::vector<std::string>{"x", "y"});
  CHECK_FALSE(all.on);
  CHECK(all.wait == 20ms);
  CHECK(all.size == 1_MiB);
}

TEST_CASE("config: a wrong flag is named, and so is a flag that would help") {
  Reader reader = Reader::without_file();
  reader.flag("all.name", "--name", {});
  reader.flag("all.count", "--count", {"many"});
  reader.flag("all.on", "--on", {"true", "false"});
  reader.flag("all.endpoints", "--endpoint", {"127.0.0.1:1", "nowhere"});
  read_everything(reader);
  CHECK(Problems(reader) ==
        Problems{"[all] has no name: add name = \"...\", or give --name",
                 "--on: is given more than once, but has one value",
                 "--count: count must be an integer of 1 to 9, not \"many\"",
                 "--endpoint: endpoints must be an address such as \"127.0.0.1:8080\" or "
                 "\"[::1]:8080\", not \"nowhere\": the port is missing"});
}

TEST_CASE("config: arrays of tables and named tables have places of their own") {
  Reader reader = Reader::from_text(
      "f.toml", "[[pop]]\nid = \"a\"\n[[pop]]\n[source.x]\ntype = \"t\"\nbad = 1\n[source.y]\n");
  std::vector<std::string> ids;
  for (Section& pop : reader.tables("pop")) ids.push_back(pop.string("id"));
  CHECK(ids == std::vector<std::string>{"a", ""});
  std::vector<std::string> names;
  for (auto& [name, section] : reader.named_tables("source")) {
    names.push_back(name);
    section.string("type");
  }
  CHECK(names == std::vector<std::string>{"x", "y"});
  CHECK(Problems(reader) ==
        Problems{"f.toml:3:1: [[pop]] has no id: add id = \"...\"",
                 "f.toml:6:1: unknown key \"bad\" in [source.x]: what can stand here is type",
                 "f.toml:7:1: [source.y] has no type: add type = \"...\""});
}

TEST_CASE("config: later findings are reported at the marked place") {
  Reader reader = Reader::from_text("f.toml", "[all]\nname = \"n\"\nwords = [\"a\",\n  \"b\"]\n");
  read_everything(reader);
  Section all = reader.table("all");
  reader.problem(all.mark("words", 1), "\"b\" is not known");
  all.problem("name", "is taken");
  CHECK(Problems(reader) ==
        Problems{"f.toml:2:8: name is taken", "f.toml:4:3: \"b\" is not known"});
}

TEST_CASE("config: files that cannot be read") {
  struct Row {
    const char* path;
    const char* problem;
  };
  for (const Row& row : {Row{"/nonexistent/a.toml",
                             "/nonexistent/a.toml: cannot be read: No such file or directory"},
                         Row{"/tmp", "/tmp: cannot be read: it is a directory"},
                         Row{"/dev/zero",
                             "/dev/zero: cannot be read: it is larger than a "
                             "configuration can be (4 MiB)"}}) {
    CAPTURE(row.path);
    Reader reader = Reader::from_file(row.path);
    read_everything(reader);
    CHECK_FALSE(reader.readable());
    CHECK(Problems(reader) == Problems{row.problem});
  }
}

TEST_CASE("config: endpoints") {
  struct Row {
    const char* text;
    bool good;
  };
  for (const Row& row : {Row{"127.0.0.1:80", true},
                         Row{"localhost:0", true},
                         Row{"a-b.example.org:65535", true},
                         Row{"[::]:80", true},
                         Row{"[fe80::1]:80", true},
                         Row{"", false},
                         Row{":80", false},
                         Row{"host", false},
                         Row{"host:", false},
                         Row{"host:65536", false},
                         Row{"host:-1", false},
                         Row{"host:+1", false},
                         Row{"host:1x", false},
                         Row{"127.0.0:80", false},
                         Row{"256.0.0.1:80", false},
                         Row{"::1:80", false},
                         Row{"[::1]80", false},
                         Row{"[::1:80", false},
                         Row{"[]:80", false},
                         Row{"[host]:80", false},
                         Row{"user@host:80", false},
                         Row{"http://host:80", false},
                         Row{".host:80", false},
                         Row{"ho st:80", false}}) {
    CAPTURE(row.text);
    CHECK((check_endpoint(row.text) == nullptr) == row.good);
  }
}

}  // namespace
}  // namespace atl::config
