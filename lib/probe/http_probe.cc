#include "lib/probe/http_probe.h"

#include <algorithm>
#include <utility>

namespace atl::probe {
namespace {

constexpr std::string_view kRequest =
    "OPTIONS * HTTP/1.1\r\nHost: probe.invalid\r\nUser-Agent: atoll-probe\r\n"
    "Connection: close\r\n\r\n";
constexpr std::string_view kVersion = "HTTP/1.";
constexpr size_t kStatusEnd = 12;  // "HTTP/1.1 204"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<Finding> judge_answer(std::string_view bytes) {
  constexpr Finding kNone{false, "what answers does not speak HTTP"};
  const size_t common = std::min(bytes.size(), kVersion.size());
  if (bytes.substr(0, common) != kVersion.substr(0, common)) return kNone;
  if (bytes.size() < kStatusEnd) return std::nullopt;
  if (!is_digit(bytes[7]) || bytes[8] != ' ' || !std::all_of(&bytes[9], &bytes[11] + 1, is_digit)) {
    return kNone;
  }
  if (bytes[9] == '5') return Finding{false, "it answers with an error of its own"};
  return Finding{true, ""};
}

HttpProbe::HttpProbe(net::Loop& loop, const net::Endpoint& to, std::chrono::milliseconds timeout,
                     OnDone on_done)
    : on_done_(std::move(on_done)),
      connector_(std::make_unique<net::TcpConnector>(
          loop, to, timeout,
          [this](Result<std::unique_ptr<net::TcpStream>> stream) {
            if (!stream) {
              return finish({false, stream.error().detail, stream.error().code == Code::Refused});
            }
            ask(*std::move(stream));
          })),
      limit_(loop, [this] { finish({false, "it did not answer in time"}); }) {
  limit_.start(timeout);
}

HttpProbe::~HttpProbe() = default;

void HttpProbe::ask(std::unique_ptr<net::TcpStream> stream) {
  stream_ = std::move(stream);
  stream_->set_reader(this);
  stream_->start_reading();
  const net::Bytes piece = kRequest;
  stream_->write({&piece, 1}, {});
}

void HttpProbe::on_read(net::Bytes bytes) {
  received_.append(bytes.substr(0, kStatusEnd));
  if (const auto finding = judge_answer(received_)) finish(*finding);
}

void HttpProbe::finish(Finding finding) {
  limit_.stop();
  if (stream_ != nullptr) stream_->stop_reading();
  if (const OnDone done = std::exchange(on_done_, nullptr)) done(finding);
}

}  // namespace atl::probe
