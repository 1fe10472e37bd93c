#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "control-plane/fleet/fleet.h"
#include "control-plane/fleet/snapshot.h"
#include "control-plane/site.h"

namespace atl::control {

// The configuration in force and how it changes: as a whole or not at all. Loop thread.
class Controller {
 public:
  // `site` is put in force by apply(), once, before anything else.
  Controller(std::string path, std::shared_ptr<const Site> site, SnapshotVersions versions,
             Fleet& fleet);

  // Publishes the site the controller was made with. The error is a sentence.
  std::expected<void, std::string> apply();

  // Reads the file again. If anything is wrong with it, what is in force stays, and the problems
  // are logged and kept in problem().
  void reload();

  // To be called every now and then: reloads when one of the files has changed and has then been
  // left alone for one interval, so that a file that is being written is not read half.
  void poll_files();

  const std::shared_ptr<const Site>& site() const { return site_; }
  // Why the last reload was refused; empty when it was not.
  const std::string& problem() const { return problem_; }

 private:
  // Identity and time of every file that was read.
  std::string files_now() const;
  void refuse(const Problems& problems);
  std::expected<void, std::string> publish(const Site& site);

  const std::string path_;
  std::shared_ptr<const Site> site_;
  SnapshotVersions versions_;
  Fleet& fleet_;
  std::string problem_;
  std::string files_loaded_;
  std::string files_seen_;
};

}  // namespace atl::control
