// Fetch: the look on disk that comes before the origin (docs/disk-tier.md).

#include <utility>

#include "edge/cache/judgement.h"
#include "edge/cache/vary.h"
#include "edge/fetch/fetch.h"

namespace atl::edge {

// False: nothing is there that could answer; the origin is next.
bool Fetch::look_on_disk() {
  if (context_.disk == nullptr || plan_.mode != FetchMode::Fill || plan_.stale) return false;
  if (plan_.part && plan_.part->outline) return false;  // the rest of what is in memory is wanted
  const auto ticket = context_.disk->look_up(plan_.key);
  if (!ticket) return false;
  // Taken before the read: what a purge covers meanwhile does not get into memory after it.
  disk_epoch_ = context_.store.purge_epoch(plan_.hash);
  auto read = std::make_shared<DiskRead>(this);
  const bool accepted = context_.disk->read(
      *ticket, plan_.key,
      [request = plan_.request](std::string_view variant_key) {
        return cache::matches_variant(variant_key, request->fields());
      },
      [read, &loop = context_.loop](cache::Pin object) mutable {
        loop.post([read = std::move(read), object = std::move(object)]() mutable {
          if (read->fetch != nullptr) read->fetch->on_disk(std::move(object));
        });
      });
  if (!accepted) return false;
  disk_read_ = std::move(read);
  step_ = Step::Disk;
  deadline_ = context_.loop.now() + context_.limits.disk_grace;
  return true;
}

void Fetch::forget_disk_read() {
  if (disk_read_ != nullptr) disk_read_->fetch = nullptr;
  disk_read_ = nullptr;
}

void Fetch::on_disk(cache::Pin object) {
  forget_disk_read();
  if (!object) return approach();
  const auto judgement = cache::judge(object->meta(), plan_.directives, context_.loop.wall_now());
  switch (judgement.verdict) {
    case cache::Verdict::Fresh:
    case cache::Verdict::StaleUsable:  // whoever asks next revalidates behind what is in memory
      flight_->finish([&] { context_.store.insert(object, disk_epoch_); });
      transfer()->confirm(std::move(object), true, true);
      return end();
    case cache::Verdict::MustRevalidate:
      // In memory first, where those who wait find it if the origin fails.
      context_.store.insert(object, disk_epoch_);
      plan_.stale = std::move(object);
      conditional_ = true;
      return approach();
    case cache::Verdict::Unusable:
      return approach();
  }
}

}  // namespace atl::edge
