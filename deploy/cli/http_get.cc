#include "deploy/cli/http_get.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <string_view>

namespace atl::cli {
namespace {

constexpr size_t kLargestBody = size_t{16} << 20;

struct Cleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

size_t append(char* bytes, size_t, size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + count > kLargestBody) return 0;
  body.append(bytes, count);
  return count;
}

}  // namespace

Outcome<HttpAnswer> http_get(const std::string& url, std::chrono::milliseconds timeout) {
  const std::unique_ptr<CURL, Cleanup> easy(curl_easy_init());
  if (!easy) return std::unexpected("libcurl cannot start");
  HttpAnswer answer;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) {
    return std::unexpected(fmt::format("no answer from {}: {}", url, curl_easy_strerror(code)));
  }
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

Outcome<std::string> parse_base_url(const std::string& text) {
  std::string base = text.find("://") == std::string::npos ? "http://" + text : text;
  while (base.ends_with('/')) base.pop_back();
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  const auto has = [&](CURLUPart part) {
    char* value = nullptr;
    const bool present = curl_url_get(url.get(), part, &value, 0) == CURLUE_OK;
    curl_free(value);
    return present;
  };
  const bool http = base.starts_with("http://") || base.starts_with("https://");
  if (!http || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      has(CURLUPART_QUERY) || has(CURLUPART_FRAGMENT)) {
    return std::unexpected(
        fmt::format("\"{}\" is not an address like http://127.0.0.1:8000", text));
  }
  return base;
}

}  // namespace atl::cli
