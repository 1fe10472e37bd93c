#include "deploy/cli/api.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kTimeout{10};
constexpr long kSilence_s = 5;  // of a stream that speaks every second
constexpr size_t kLargestBody = size_t{64} << 20;
constexpr size_t kLongestProblem = 2000;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using Lines = std::unique_ptr<curl_slist, FreeList>;

Lines lines(const std::vector<std::string>& texts) {
  Lines list;
  for (const std::string& text : texts) {
    curl_slist* longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) return {};
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

// What all requests have in common.
Easy prepare(const std::string& url, curl_slist* fields) {
  Easy easy(curl_easy_init());
  if (!easy) return easy;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields);
  return easy;
}

size_t append(char* bytes, size_t, size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + count > kLargestBody) return 0;
  body.append(bytes, count);
  return count;
}

struct Stream {
  const std::function<bool(std::string_view)>& each;
  CURL* easy;
  std::string refusal;  // body of an answer that is no stream
  bool enough = false;
};

size_t hand_on(char* bytes, size_t, size_t count, void* user) {
  auto& stream = *static_cast<Stream*>(user);
  long status = 0;
  curl_easy_getinfo(stream.easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    stream.refusal.append(
        bytes, std::min<size_t>(count, 65'536 - std::min<size_t>(stream.refusal.size(), 65'536)));
    return count;
  }
  stream.enough = !stream.each({bytes, count});
  return stream.enough ? 0 : count;
}

std::string no_answer(const std::string& base, CURLcode code) {
  return fmt::format(
      "no answer from {}: {} (is the control plane there? --control or ATOLL_API "
      "names another one)",
      base, curl_easy_strerror(code));
}

}  // namespace

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

Outcome<Api> Api::open(const ApiAccess& access) {
  auto base = parse_base_url(access.control);
  if (!base) return std::unexpected(base.error());
  const bool plain = std::all_of(access.token.begin(), access.token.end(),
                                 [](char c) { return c > 0x20 && c < 0x7f; });
  if (!plain) return std::unexpected("ATOLL_TOKEN is not a token: it has spaces or other bytes");
  return Api(*std::move(base), access.token);
}

Outcome<ApiAnswer> Api::ask(std::string_view method, const std::string& path,
                            const std::string& body) const {
  std::vector<std::string> fields{"Expect:"};
  if (!token_.empty()) fields.push_back("Authorization: Bearer " + token_);
  if (!body.empty()) fields.emplace_back("Content-Type: application/json");
  const Lines list = lines(fields);
  const Easy easy = prepare(base_ + path, list.get());
  if (!easy || !list) return std::unexpected("libcurl cannot start");
  ApiAnswer answer;
  if (method != "GET") {
    curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  }
  if (method == "POST") {
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  }
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::chrono::milliseconds(kTimeout).count()));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) return std::unexpected(no_answer(base_, code));
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  if (answer.status == 401) {
    return std::unexpected(
        fmt::format("{}; ATOLL_TOKEN is where a token goes", problem_of(answer)));
  }
  return answer;
}

Outcome<Json> Api::get(const std::string& path) const {
  auto answer = ask("GET", path);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(problem_of(*answer));
  Json json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object()) {
    return std::unexpected(fmt::format("{}{} did not answer as a control plane does", base_, path));
  }
  return json;
}

Outcome<void> Api::stream(const std::string& path,
                          const std::function<bool(std::string_view)>& each) const {
  std::vector<std::string> fields{"Accept: text/event-stream"};
  if (!token_.empty()) fields.push_back("Authorization: Bearer " + token_);
  const Lines list = lines(fields);
  const Easy easy = prepare(base_ + path, list.get());
  if (!easy || !list) return std::unexpected("libcurl cannot start");
  Stream stream{each, easy.get(), {}};
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kSilence_s);
  curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_TIME, kSilence_s);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, hand_on);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &stream);
  const CURLcode code = curl_easy_perform(easy.get());
  if (stream.enough) return {};
  if (code != CURLE_OK) return std::unexpected(no_answer(base_, code));
  ApiAnswer answer{0, std::move(stream.refusal)};
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  if (answer.status == 200) return {};
  std::string problem = problem_of(answer);
  if (answer.status == 401) problem += "; ATOLL_TOKEN is where a token goes";
  return std::unexpected(std::move(problem));
}

std::string problem_of(const ApiAnswer& answer) {
  const Json json = Json::parse(answer.body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string()) {
    return printable(json["error"].get<std::string>(), kLongestProblem);
  }
  return fmt::format("the control plane answered with status {}", answer.status);
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace atl::cli
