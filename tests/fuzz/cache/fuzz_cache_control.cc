// A response's and a request's fields through every decision that reads Cache-Control. The input is
// field lines; those before an empty line belong to the request.

#include "edge/cache/freshness.h"
#include "edge/cache/storability.h"
#include "lib/base/check.h"
#include "tests/fuzz/cache/fuzz_fields.h"

using namespace atl;
using namespace atl::cache;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const size_t gap = text.find("\n\n");
  const auto request = fuzz::read_fields(gap == std::string_view::npos ? "" : text.substr(0, gap));
  const auto answer =
      fuzz::read_fields(gap == std::string_view::npos ? text : text.substr(gap + 2));

  const WallTime now{std::chrono::seconds{1'800'000'000}};
  const RequestDirectives asked = parse_request_directives(request);
  const ResponseDirectives said = parse_response_directives(answer);
  ATOLL_CHECK(said.max_age.seconds <= kMaxDelta && said.s_maxage.seconds <= kMaxDelta);
  ATOLL_CHECK(asked.max_age.state != Delta::State::Invalid);

  for (const uint16_t status : {200, 404, 503}) {
    const ResponseView response{status, answer};
    const Meta meta = make_meta(response, now - std::chrono::seconds{1}, now, {});
    ATOLL_CHECK(meta.lifetime <= kMaxDelta && meta.corrected_initial_age <= kMaxDelta);
    for (const int64_t later : {int64_t{0}, int64_t{61}, int64_t{1} << 33}) {
      const Judgement j = judge(meta, asked, now + std::chrono::seconds{later});
      ATOLL_CHECK(j.age.count() >= 0 && j.age.count() <= kMaxDelta);
      // What forbids to serve without validation forbids it whatever else was said.
      if (said.no_cache) ATOLL_CHECK(j.verdict == Verdict::MustRevalidate && !j.usable_on_error());
      if (j.verdict == Verdict::Fresh) ATOLL_CHECK(j.age < j.lifetime && !asked.no_cache);
      if (said.must_revalidate) ATOLL_CHECK(j.verdict != Verdict::StaleUsable);
    }
    const StoreDecision decision = may_store({.method = "GET", .fields = request}, response, {});
    if (decision.store) {
      ATOLL_CHECK(!said.is_private && !asked.no_store);
      ATOLL_CHECK(!said.no_store || said.must_understand);
    }
  }
  return 0;
}
