#include "deploy/cli/text.h"

#include <doctest/doctest.h>

#include "deploy/cli/replay/progress_line.h"

namespace atl::cli {
namespace {

TEST_CASE("text: numbers as people read them") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(80'431'000) == "80,431,000");
  CHECK(duration_text(850) == "850 us");
  CHECK(duration_text(12'340) == "12.3 ms");
  CHECK(duration_text(345'000) == "345 ms");
  CHECK(duration_text(4'200'000) == "4.20 s");
  CHECK(span_text(75) == "75 s");
  CHECK(span_text(725) == "12 min 05 s");
  CHECK(span_text(12'000) == "3 h 20 min");
}

TEST_CASE("text: nothing from outside reaches the terminal as a control character") {
  struct Row {
    const char* text;
    const char* shown;
  };
  for (const Row& row : {
           Row{"S\xc3\xa3o Paulo \xe4\xb8\x8a \xf0\x9f\x8c\x8a",
               "S\xc3\xa3o Paulo \xe4\xb8\x8a \xf0\x9f\x8c\x8a"},
           Row{"a\x1b[31mb\n\x7f", "a?[31mb??"}, Row{"\x80\xff", "??"},  // no lead byte
           Row{"\xc2\x9b", "??"},                                        // CSI as a C1 control
           Row{"\xc0\xaf|\xe0\x80\xaf|\xf5\x80\x80\x80",
               "??|???|????"},          // overlong, beyond Unicode
           Row{"\xed\xa0\x80", "???"},  // a surrogate
           Row{"\xe2\x80\xae", "???"},  // right-to-left override
           Row{"\xc3", "?"},            // cut off
       }) {
    CAPTURE(row.shown);
    CHECK(printable(row.text, 100) == row.shown);
  }
  CHECK(printable("abcdef", 3) == "abc");
  CHECK(printable("a\xc3\xa3", 2) == "a");  // never half a character
}

TEST_CASE("text: a table aligns names left and numbers right, by characters") {
  CHECK(table({{"pop", "n", "m"}, {"S\xc3\xa3o", "10", "x"}, {"x"}}, "lr") ==
        "pop   n  m\nS\xc3\xa3o  10  x\nx\n");
  CHECK(table({{"a", "b"}, {"1", "long"}}, "ll") == "a  b\n1  long\n");
}

TEST_CASE("progress: a bar on a terminal, a plain line elsewhere") {
  ProgressSample sample{std::chrono::duration<double>(10), 500, 200, 100, 50'000'000, 1000};
  CHECK(progress_text(sample, false, 0) ==
        "50%  500 of 1,000  50/s  5 MB/s  50.0% hits  100 errors  11 s left");
  CHECK(progress_text(sample, true, 200).starts_with("[############............] 50%  500 of"));
  CHECK(progress_text(sample, true, 40).size() == 39);
  sample.total.reset();
  sample.errors = 0;
  CHECK(progress_text(sample, false, 0) == "500  50/s  5 MB/s  40.0% hits");
  CHECK(progress_text({}, false, 0) == "0  0/s  0 MB/s");
}

}  // namespace
}  // namespace atl::cli
