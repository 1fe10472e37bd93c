#include "deploy/lab/live/socket_owner.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

namespace atl::lab {
namespace {

namespace fs = std::filesystem;

// "0100007F:1F90": the address as a number of this machine's byte order, the port as one.
std::string proc_form(const net::Endpoint& endpoint) {
  in_addr address{};
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address) != 1) return {};
  return fmt::format("{:08X}:{:04X}", address.s_addr, endpoint.port);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = line.find_first_not_of(' '); at != std::string_view::npos;) {
    const size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(' ', end);
  }
  return words;
}

bool holds(pid_t process, const std::string& socket) {
  std::error_code problem;
  for (fs::directory_iterator at(fmt::format("/proc/{}/fd", process), problem), end;
       !problem && at != end; at.increment(problem)) {
    std::error_code gone;
    if (fs::read_symlink(at->path(), gone) == socket) return true;
  }
  return false;
}

}  // namespace

std::optional<uint64_t> socket_inode(std::string_view proc_net_tcp, const net::Endpoint& local,
                                     const net::Endpoint& remote) {
  const std::string mine = proc_form(local);
  const std::string theirs = proc_form(remote);
  if (mine.empty() || theirs.empty()) return std::nullopt;
  while (!proc_net_tcp.empty()) {
    const size_t end = std::min(proc_net_tcp.find('\n'), proc_net_tcp.size() - 1);
    const std::string_view line = proc_net_tcp.substr(0, end);
    proc_net_tcp.remove_prefix(end + 1);
    if (line.find(mine) == std::string_view::npos) continue;
    const auto words = words_of(line);  // number, local, remote, ..., inode the tenth
    if (words.size() < 10 || words[1] != mine || words[2] != theirs) continue;
    uint64_t inode = 0;
    const auto [rest, bad] =
        std::from_chars(words[9].data(), words[9].data() + words[9].size(), inode);
    if (bad == std::errc{} && inode != 0) return inode;
  }
  return std::nullopt;
}

std::optional<pid_t> socket_owner(std::span<const pid_t> processes, const net::Endpoint& local,
                                  const net::Endpoint& remote) {
  std::ostringstream table;
  table << std::ifstream("/proc/net/tcp").rdbuf();
  const auto inode = socket_inode(table.view(), local, remote);
  if (!inode) return std::nullopt;
  const std::string socket = fmt::format("socket:[{}]", *inode);
  for (const pid_t process : processes) {
    if (holds(process, socket)) return process;
  }
  return std::nullopt;
}

}  // namespace atl::lab
