#include "control-plane/controller.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "lib/base/log.h"

namespace atl::control {
namespace {

// Changes with every replacement of the file and every write into it.
std::string identity(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return path + " absent\n";
  return fmt::format("{} {} {} {} {}.{}\n", path, status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

Controller::Controller(std::string path, std::shared_ptr<const Site> site,
                       SnapshotVersions versions, Fleet& fleet)
    : path_(std::move(path)),
      site_(std::move(site)),
      versions_(std::move(versions)),
      fleet_(fleet),
      files_loaded_(files_now()),
      files_seen_(files_loaded_) {}

std::expected<void, std::string> Controller::apply() { return publish(*site_); }

std::expected<void, std::string> Controller::publish(const Site& site) {
  auto snapshot = versions_.next(site.config().content);
  if (!snapshot) return std::unexpected(snapshot.error());
  std::vector<std::string> pops;
  for (const PopConfig& pop : site.config().pops) pops.push_back(pop.id);
  fleet_.set_pops(std::move(pops));
  Fleet::Watching watching;
  for (const PopConfig& pop : site.config().pops) watching.endpoints[pop.id] = pop.endpoints;
  fleet_.set_watching(std::move(watching));
  if ((*snapshot)->version != fleet_.snapshot_version()) {
    log_info("snapshot {} published", (*snapshot)->version);
    fleet_.publish(*std::move(snapshot));
  }
  return {};
}

void Controller::reload() {
  files_loaded_ = files_seen_ = files_now();
  auto site = Site::load(path_);
  if (!site) return refuse(site.error());
  if ((*site)->config().fixed != site_->config().fixed) {
    return refuse({fmt::format(
        "{}: listen, fleet_listen, state_dir, lease, [control.trust] and the sockets of "
        "[dns] cannot change while the program runs: restart it, or put them back",
        path_)});
  }
  if (auto published = publish(**site); !published) return refuse({published.error()});
  site_ = *std::move(site);
  files_loaded_ = files_seen_ = files_now();  // it may name other files now
  problem_.clear();
  log_info("configuration {} in force", path_);
}

void Controller::poll_files() {
  std::string now = files_now();
  const bool settled = now == files_seen_;
  files_seen_ = std::move(now);
  if (settled && files_seen_ != files_loaded_) reload();
}

void Controller::refuse(const Problems& problems) {
  problem_ = fmt::format("{}", fmt::join(problems, "\n"));
  for (const std::string& problem : problems) log_error("configuration: {}", problem);
  log_error("configuration {} is refused: {} problem{}; the old one stays in force", path_,
            problems.size(), problems.size() == 1 ? "" : "s");
}

std::string Controller::files_now() const {
  std::string files = identity(path_);
  const Config& config = site_->config();
  if (!config.subnets_path.empty()) files += identity(config.subnets_path);
  for (const std::string& database : config.geo_databases) files += identity(database);
  for (const std::string& file : {config.routing.matrix_path, config.routing.regions_path}) {
    if (!file.empty()) files += identity(file);
  }
  return files;
}

}  // namespace atl::control
