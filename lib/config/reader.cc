#include "lib/config/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <expected>
#include <system_error>
#include <tuple>
#include <utility>

#include "lib/config/document.h"

namespace atl::config {
namespace {

constexpr size_t kLargestFile = 4 << 20;  // bytes; a configuration is written by hand

std::string reason(int error) { return std::generic_category().message(error); }

std::expected<std::string, std::string> read_all(int descriptor) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0) return std::unexpected(reason(errno));
  if (S_ISDIR(status.st_mode)) return std::unexpected("it is a directory");
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(reason(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > kLargestFile) {
      return std::unexpected("it is larger than a configuration can be (4 MiB)");
    }
  }
}

std::expected<std::string, std::string> read_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return std::unexpected(reason(errno));
  auto text = read_all(descriptor);
  close(descriptor);
  return text;
}

std::unique_ptr<Document> empty_document(std::string name) {
  auto document = std::make_unique<Document>();
  document->name = std::move(name);
  document->add({&document->table, "", "the file", {}, {}, true});
  return document;
}

}  // namespace

Reader::Reader(std::unique_ptr<Document> document) : document_(std::move(document)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Reader Reader::from_file(const std::string& path) {
  auto text = read_file(path);
  if (text) return from_text(path, *text);
  auto document = empty_document(path);
  document->problem({}, fmt::format("cannot be read: {}", text.error()));
  document->broken = true;
  return Reader(std::move(document));
}

Reader Reader::from_text(std::string name, std::string_view text) {
  auto document = empty_document(std::move(name));
  toml::parse_result parsed = toml::parse(text);
  if (parsed) {
    document->table = std::move(parsed).table();
  } else {
    const toml::parse_error& error = parsed.error();
    document->problem({error.source().begin.line, error.source().begin.column, {}},
                      fmt::format("this is not TOML: {}", error.description()));
    document->broken = true;
  }
  return Reader(std::move(document));
}

Reader Reader::without_file() { return Reader(empty_document({})); }

void Reader::flag(std::string path, std::string name, std::vector<std::string> values) {
  document_->flags[std::move(path)] = {std::move(name), std::move(values)};
}

Section Reader::root() { return {document_.get(), 0}; }

void Reader::problem(const Mark& mark, std::string_view what) {
  document_->problem(mark, std::string(what));
}

bool Reader::readable() const { return !document_->broken; }

std::vector<std::string> Reader::problems() {
  document_->report_unknown();
  std::sort(document_->problems.begin(), document_->problems.end(),
            [](const Document::Problem& a, const Document::Problem& b) {
              return std::tie(a.mark.line, a.mark.column, a.order) <
                     std::tie(b.mark.line, b.mark.column, b.order);
            });
  std::vector<std::string> out;
  for (const Document::Problem& problem : document_->problems) {
    const Mark& at = problem.mark;
    if (!at.flag.empty()) {
      out.push_back(fmt::format("{}: {}", at.flag, problem.what));
    } else if (at.line != 0) {
      out.push_back(fmt::format("{}:{}:{}: {}", document_->name, at.line, at.column, problem.what));
    } else if (!document_->name.empty()) {
      out.push_back(fmt::format("{}: {}", document_->name, problem.what));
    } else {
      out.push_back(problem.what);
    }
  }
  return out;
}

}  // namespace atl::config
