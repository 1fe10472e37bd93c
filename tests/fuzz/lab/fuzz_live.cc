// Any bytes as what a live run reads from the programs: answers, whole and cut anywhere, come to
// the same; their Cache-Status, metrics and the kernel's table of sockets are read without harm.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "deploy/lab/live/metrics.h"
#include "deploy/lab/live/outcome_of.h"
#include "deploy/lab/live/response_reader.h"
#include "deploy/lab/live/socket_owner.h"

namespace {

using namespace atl::lab;
using Progress = ResponseReader::Progress;

void check_answer(std::string_view text) {
  ResponseReader whole(16);
  const Progress progress = whole.push(text);
  ResponseReader cut(16);
  Progress last = Progress::More;
  for (size_t i = 0; i < text.size() && last == Progress::More; ++i) {
    last = cut.push(text.substr(i, 1));
    // In pieces the answer is over before what follows it is seen.
    if (last == Progress::Done && i + 1 < text.size()) last = Progress::Bad;
  }
  if (progress != last) std::abort();
  if (progress != Progress::Done) return;
  if (whole.status() != cut.status() || whole.body() != cut.body() ||
      whole.cache_status() != cut.cache_status()) {
    std::abort();
  }
  if (whole.status() < 200 || whole.status() > 599) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_answer(text);
  if (served_of(503, text) != Served::Error || served_of(200, text) == Served::Error) std::abort();
  static_cast<void>(metric(text, "a"));
  static_cast<void>(socket_inode(text, {"127.0.0.1", 50000}, {"127.0.0.1", 8080}));
  return 0;
}
