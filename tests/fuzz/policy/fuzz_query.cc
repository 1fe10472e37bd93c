// Query normalisation: the first byte chooses the selection, a line of names, then the target.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/policy/query.h"
#include "lib/base/check.h"

using namespace atl;
using namespace atl::policy;

namespace {

size_t parameters(std::string_view target) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return 0;
  size_t count = 0;
  std::string_view query = target.substr(mark + 1);
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    count += end != 0;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mode = static_cast<Selection::Mode>(static_cast<uint8_t>(text[0]) % 5);
  const size_t line = std::min(text.find('\n'), text.size());
  const Selection selection{
      mode, NameList({std::string(text.substr(std::min<size_t>(1, line), line - 1)), "utm_*"})};
  const std::string_view target = text.substr(std::min(line + 1, text.size()));

  Pieces pieces;
  std::string out;
  const auto kept = normalise_query(selection, target, pieces, out);
  if (!kept) {
    ATOLL_CHECK(parameters(target) > Pieces::kMost);
    return 0;
  }
  const std::string once(*kept);
  ATOLL_CHECK(once.size() <= target.size());
  ATOLL_CHECK(parameters(once) <= parameters(target));
  ATOLL_CHECK(once.substr(0, once.find('?')) == target.substr(0, target.find('?')));
  // Normalising what is normal changes nothing.
  const auto twice = normalise_query(selection, once, pieces, out);
  ATOLL_CHECK(twice && *twice == once);
  return 0;
}
