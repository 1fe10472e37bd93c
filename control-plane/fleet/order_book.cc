#include "control-plane/fleet/order_book.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/durable_file.h"

namespace atl::control {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;  // bytes
constexpr std::string_view kHeading = "atoll pop orders 1";

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(by);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

// PoP, wish, time, grace and deadline in milliseconds, author ("-" for none).
std::string line_of(const std::string& pop, const Order& order) {
  return fmt::format("{} {} {} {} {} {}\n", pop, to_string(order.wish), order.time_ms,
                     order.grace.count(), order.deadline.count(),
                     order.author.empty() ? "-" : order.author);
}

std::optional<std::pair<std::string, Order>> parse_line(std::string_view line) {
  const std::vector<std::string_view> words = split(line, ' ');
  if (words.size() != 6) return std::nullopt;
  const auto wish = parse_wish(words[1]);
  Order order;
  int64_t grace = 0;
  int64_t deadline = 0;
  if (!wish || !read_number(words[2], order.time_ms) || !read_number(words[3], grace) ||
      !read_number(words[4], deadline) || grace < 0 || deadline < 0) {
    return std::nullopt;
  }
  order.wish = *wish;
  order.grace = std::chrono::milliseconds(grace);
  order.deadline = std::chrono::milliseconds(deadline);
  if (words[5] != "-") order.author = words[5];
  return std::pair(std::string(words[0]), std::move(order));
}

}  // namespace

std::expected<OrderBook, std::string> OrderBook::open(std::string path) {
  const auto bytes = read_file(path, kLargestFile);
  if (!bytes) return std::unexpected(bytes.error());
  OrderBook book(std::move(path));
  if (!*bytes) return book;
  const std::vector<std::string_view> lines = split(**bytes, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    auto order = i == 0 ? std::nullopt : parse_line(lines[i]);
    if (i == 0 ? lines[i] == kHeading : order.has_value()) {
      if (order) book.orders_.insert(*std::move(order));
      continue;
    }
    return std::unexpected(fmt::format(
        "{}:{}: damaged: it says which PoPs the operator took out of service; mend it, or remove "
        "it to have all of them serve",
        book.path_, i + 1));
  }
  return book;
}

const Order& OrderBook::of(std::string_view pop) const {
  static const Order kServe;
  const auto found = orders_.find(pop);
  return found == orders_.end() ? kServe : found->second;
}

std::expected<void, std::string> OrderBook::set(const std::string& pop, Order order) {
  Orders next = orders_;
  next.erase(pop);
  if (order.wish != Wish::Serve) next.emplace(pop, std::move(order));
  std::string bytes = fmt::format("{}\n", kHeading);
  for (const auto& [name, kept] : next) bytes += line_of(name, kept);
  if (auto written = replace_file(path_, bytes); !written) return written;
  orders_ = std::move(next);
  return {};
}

}  // namespace atl::control
