// Cookie selection: the first byte chooses the selection, then a line for each Cookie field.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/policy/cookies.h"
#include "lib/base/check.h"
#include "lib/http/chars.h"

using namespace atl;
using namespace atl::policy;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const Selection selection{static_cast<Selection::Mode>(static_cast<uint8_t>(text[0]) % 5),
                            NameList({"session", "_ga*"})};
  text.remove_prefix(1);
  std::vector<http::Field> fields;
  size_t bytes = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    fields.push_back({"Cookie", http::trim_ows(text.substr(0, end))});
    bytes += end + 2;
    text.remove_prefix(std::min(end + 1, text.size()));
  }

  Pieces pieces;
  std::string out;
  if (!select_cookies(selection, fields, pieces, out)) {
    ATOLL_CHECK(bytes > Pieces::kMost);
    return 0;
  }
  // Each cookie costs at most one separator more than the byte that ended it.
  ATOLL_CHECK(out.size() <= 2 * bytes);
  const std::string once = out;
  const std::vector<http::Field> again{{"Cookie", once}};
  ATOLL_CHECK(
      select_cookies(selection, once.empty() ? http::Fields{} : http::Fields(again), pieces, out));
  ATOLL_CHECK(out == once);
  return 0;
}
