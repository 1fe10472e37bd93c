#include "lib/store/redis/script.h"

#include <doctest/doctest.h>

namespace atl::store::redis {
namespace {

using Kind = Reply::Kind;

Reply number(int64_t value) { return {.kind = Kind::Integer, .integer = value}; }
Reply text(std::string value) { return {.kind = Kind::String, .text = std::move(value)}; }
Reply list(std::vector<Reply> elements) {
  return {.kind = Kind::Array, .elements = std::move(elements)};
}

const std::string kOne = format_number(1);

TEST_CASE("redis calls: a script goes by its digest, or whole") {
  const Call call = call_range("pre", {.partition = "p", .begin = "a", .limit = 5, .max_bytes = 9});
  const std::string rest =
      "$1\r\n2\r\n$8\r\npre{:p}v\r\n$8\r\npre{:p}o\r\n"
      "$2\r\n[a\r\n$1\r\n+\r\n$1\r\nF\r\n$1\r\n5\r\n$1\r\n9\r\n";
  CHECK(call.words == 8);
  CHECK(call.rest == rest);
  const Digests digests;
  std::string out;
  append_call(out, call, digests, false);
  CHECK(out == "*10\r\n$7\r\nEVALSHA\r\n$40\r\n" + digests.range + "\r\n" + rest);
  out.clear();
  append_call(out, call, digests, true);
  CHECK(out.starts_with("*10\r\n$4\r\nEVAL\r\n"));
  CHECK(out.find(text_of(Script::Range)) != std::string::npos);
  out.clear();
  append_call(out, call_get("pre", "p", "s"), digests, true);
  CHECK(out == "*3\r\n$4\r\nHGET\r\n$8\r\npre{:p}v\r\n$1\r\ns\r\n");
}

TEST_CASE("redis calls: an answer that makes no sense is none") {
  struct Row {
    const char* what;
    Reply reply;
    bool get;
    bool range;
    bool write;
  };
  const Row rows[] = {
      {"nothing", Reply{}, true, false, false},
      {"value", text(kOne + "v"), true, false, false},
      {"no version", text(std::string(8, '\0')), false, false, false},
      {"short value", text("1234567"), false, false, false},
      {"number", number(1), false, false, false},
      {"empty list", list({}), false, false, false},
      {"end of page", list({number(0)}), false, true, true},  // or: the first change fails
      {"more of nothing", list({number(1)}), false, false, true},
      {"page", list({number(1), text("a"), text(kOne)}), false, true, false},
      {"half an item", list({number(0), text("a")}), false, false, false},
      {"done", list({number(-1)}), false, false, true},
      {"failed, gone", list({number(0), Reply{}}), false, false, true},
      {"failed, there", list({number(1), text(kOne)}), false, false, true},
      {"failed, damaged", list({number(1), text("x")}), false, false, false},
      {"no such change", list({number(2)}), false, false, false},
  };
  const Write write{"p", {Change::put("a", ""), Change::check("b", Condition::absent())}};
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(read_get(row.reply, "s").has_value() == row.get);
    if (row.what != std::string_view("done")) CHECK(read_range(row.reply).has_value() == row.range);
    CHECK(read_write(row.reply, write, Version{5}).has_value() == row.write);
  }
  const auto page = read_range(list({number(1), text("a"), text(kOne + "v")}));
  CHECK(page->items == std::vector{Item{"a", "v", Version{1}}});
  CHECK(page->more);
  CHECK(read_write(list({number(-1)}), write, Version{5})->version == Version{5});
  const auto failed = read_write(list({number(1), text(kOne + "v")}), write, Version{5});
  CHECK(failed->failed == 1);
  CHECK(failed->current == Item{"b", "v", Version{1}});
}

}  // namespace
}  // namespace atl::store::redis
