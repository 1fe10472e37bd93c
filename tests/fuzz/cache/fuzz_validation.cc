// Entity tags, preconditions, 304 updates and references. Fields of the message, an empty line,
// then a reference.

#include <string>

#include "edge/cache/head.h"
#include "edge/cache/invalidation.h"
#include "edge/cache/validation.h"
#include "lib/base/check.h"
#include "tests/fuzz/cache/fuzz_fields.h"

using namespace atl;
using namespace atl::cache;

namespace {

void check_reference(std::string_view reference) {
  const RequestView base{.method = "POST",
                         .fields = {},
                         .scheme = "http",
                         .authority = "a",
                         .path_and_query = "/b/c/d;p?q"};
  const std::string target = resolve_same_origin(base, reference);
  if (target.empty()) return;
  ATOLL_CHECK(target.front() == '/');
  ATOLL_CHECK(target.find_first_of(" \r\n\t#") == std::string::npos);
  // Resolved again it stays what it is, unless it reads as an authority.
  if (!target.starts_with("//")) ATOLL_CHECK(resolve_same_origin(base, target) == target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const size_t gap = std::min(text.find("\n\n"), text.size());
  const auto fields = fuzz::read_fields(text.substr(0, gap));
  check_reference(text.substr(std::min(gap + 2, text.size())));

  for (const http::Field& field : fields) {
    const bool tag = is_entity_tag(field.value);
    ATOLL_CHECK(weak_equal(field.value, field.value) == tag);
    ATOLL_CHECK(!strong_equal(field.value, field.value) || tag);
  }
  const RequestView request{.method = "GET", .fields = fields};
  (void)evaluate_preconditions(request, {.status = 200, .etag = "\"x\""});

  const WallTime now{std::chrono::seconds{1'800'000'000}};
  std::string head;
  build_head({.status = 200, .fields = fields, .received = now, .via = "v"}, head);
  const Freshened fresh = freshen({.stored_head = head,
                                   .not_modified = fields,
                                   .request_time = now,
                                   .response_time = now,
                                   .via = "v"},
                                  {});
  if (fresh.applies) {
    ATOLL_CHECK(fresh.head.starts_with("HTTP/1.1 200") && fresh.head.ends_with("\r\n"));
    ATOLL_CHECK(fresh.head.find("\r\n\r\n") == std::string::npos);
  }
  (void)compare_head(head, 10, {200, fields});
  return 0;
}
