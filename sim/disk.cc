#include "sim/disk.h"

#include <algorithm>
#include <utility>

#include "core/base/invariant.h"

namespace orrery::sim {
namespace {

using ports::FileId;
using ports::sector_bytes;

constexpr std::uint64_t removal_of_a_file = 0x72656d6f76616cu;  // a kind of background work (draws.h)

}  // namespace

Disk::Disk(const DiskPlan& plan, const Draws& draws, Adversary& adversary, EventQueue& queue,
           std::uint16_t completion, std::uint32_t node)
    : plan_(plan), draws_(draws), adversary_(adversary), queue_(queue), completion_(completion), node_(node) {}

const Disk::File* Disk::find(FileId file) const {
  const auto name = names_.find(file);
  return name == names_.end() ? nullptr : &files_.find(name->second)->second;
}

std::vector<FileId> Disk::files() const {
  std::vector<FileId> all;
  for (const auto& [name, number] : names_) all.push_back(name);
  return all;
}

std::uint64_t Disk::size(FileId file) const {
  const File* found = find(file);
  return found ? found->bytes.size() : 0;
}

std::optional<Bytes> Disk::read(FileId file, std::uint64_t offset, std::uint64_t count) const {
  const File* found = find(file);
  if (!found || offset >= found->bytes.size()) return Bytes();
  return found->bytes.substr(offset, count);
}

bool Disk::write(FileId name, std::uint64_t offset, const Bytes& bytes, Cause cause) {
  const std::uint64_t end = offset + bytes.size();
  if (full_ && (!names_.contains(name) || end > size(name))) return false;
  const auto [at, is_new] = names_.try_emplace(name, files_made_);
  const std::uint64_t number = at->second;
  if (is_new) {
    files_[files_made_++].name = name;
    remember({.kind = Unsynced::Kind::made, .file = number, .cause = cause, .held = {}});
  }
  File& file = files_.find(number)->second;
  const std::uint64_t first = offset / sector_bytes;
  for (std::uint64_t sector = first; sector * sector_bytes < end; ++sector) {
    const std::uint64_t start = sector * sector_bytes;
    remember({.kind = Unsynced::Kind::sector,
              .file = number,
              .sector = sector,
              .end = std::min(end, start + sector_bytes),
              .cause = cause,
              .place = sector - first,
              .held = start < file.bytes.size() ? file.bytes.substr(start, sector_bytes) : Bytes()});
  }
  if (offset > file.bytes.size()) file.bytes.resize(offset, '\0');
  const std::uint64_t over = std::min<std::uint64_t>(bytes.size(), file.bytes.size() - offset);
  file.bytes.replace(offset, over, bytes);
  return true;
}

void Disk::remove(FileId name) {
  const auto at = names_.find(name);
  if (at == names_.end()) return;
  files_.find(at->second)->second.is_removed = true;
  remember({.kind = Unsynced::Kind::removed,
            .file = at->second,
            .cause = Cause::background(NodeId{node_}, removal_of_a_file, removals_++),
            .held = {}});
  names_.erase(at);
}

void Disk::remember(Unsynced&& what) {
  if (what.kind == Unsynced::Kind::sector) ++unsynced_sectors_;
  unsynced_.push_back(std::move(what));
  ++written_;
}

void Disk::sync(std::uint64_t token, Cause cause) {
  const Duration takes = plan_.sync.sample(draws_.bits(Purpose::disk_time, cause));
  const Time at = std::max(adversary_.moved(queue_.now() + takes, cause), last_end_ + Duration{1});
  last_end_ = at;
  under_way_.push({.number = ++syncs_, .covers = written_, .token = token, .cause = cause, .began = queue_.pushed()});
  queue_.push(at, Class::delivery, completion_, node_, syncs_, adversary_.rank(cause));
}

std::optional<Disk::Synced> Disk::complete(std::uint64_t what) {
  if (under_way_.empty() || under_way_.front().number != what) return std::nullopt;
  const UnderWay sync = under_way_.pop();
  const bool well = !std::exchange(fail_next_sync_, false);
  const std::size_t later = static_cast<std::size_t>(written_ - sync.covers);
  while (unsynced_.size() - first_unsynced_ > later) settle(unsynced_[first_unsynced_++], well);
  if (first_unsynced_ * 2 >= unsynced_.size()) {
    unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(first_unsynced_));
    first_unsynced_ = 0;
  }
  return Synced{sync.token, well, sync.cause, sync.began};
}

void Disk::settle(Unsynced& what, bool well) {
  if (what.kind == Unsynced::Kind::sector) --unsynced_sectors_;
  if (well || draws_.below(2, Purpose::sector_fate, what.cause, what.place) == 0)
    harden(what);
  else
    lost_.push_back(std::move(what));
}

void Disk::harden(const Unsynced& what) {
  const bool was_written_over = !lost_.empty();
  if (was_written_over)
    std::erase_if(lost_, [&what](const Unsynced& lost) {
      return lost.file == what.file &&
             (what.kind == Unsynced::Kind::removed || (lost.kind == what.kind && lost.sector == what.sector));
    });
  if (what.kind == Unsynced::Kind::removed) {
    files_.erase(what.file);
    return;
  }
  File& file = files_.find(what.file)->second;
  file.is_durable = true;
  file.durable_size = std::max(file.durable_size, what.end);
}

CrashLoss Disk::crash(std::string_view fates) {
  std::vector<Unsynced> all = std::move(lost_);
  const std::size_t decided = all.size();
  std::move(unsynced_.begin() + static_cast<std::ptrdiff_t>(first_unsynced_), unsynced_.end(),
            std::back_inserter(all));
  for (std::size_t at = all.size(); at > 0; --at) take_back(all[at - 1]);

  CrashLoss loss;
  std::size_t letters = 0;
  for (std::size_t at = 0; at < all.size(); ++at) {
    const Unsynced& what = all[at];
    if (what.kind == Unsynced::Kind::sector) {
      Fate fate = Fate::dropped;
      if (at >= decided) fate = fate_of(what, letters < fates.size() ? fates[letters++] : '\0');
      survive(what, fate);
      ++(fate == Fate::kept ? loss.kept : fate == Fate::torn ? loss.torn : loss.dropped);
    } else if (what.kind == Unsynced::Kind::removed && at >= decided) {
      files_.find(what.file)->second.is_removed = draws_.below(2, Purpose::sector_fate, what.cause) == 0;
    }
  }
  forget_lost_files();
  lost_.clear();
  unsynced_.clear();
  first_unsynced_ = 0;
  unsynced_sectors_ = 0;
  under_way_ = {};
  return loss;
}

void Disk::replace() {
  files_.clear();
  names_.clear();
  fail_next_sync_ = false;
}

// From here to the end of the crash the sector's entry holds what was written, and the file what was there before.
void Disk::take_back(Unsynced& what) {
  File& file = files_.find(what.file)->second;
  if (what.kind == Unsynced::Kind::removed) file.is_removed = false;
  if (what.kind != Unsynced::Kind::sector) return;
  const std::uint64_t start = what.sector * sector_bytes;
  Bytes written = file.bytes.substr(start, sector_bytes);
  what.held.resize(written.size(), '\0');
  file.bytes.replace(start, written.size(), what.held);
  what.held = std::move(written);
}

Disk::Fate Disk::fate_of(const Unsynced& sector, char letter) const {
  switch (letter) {
    case 'k': return Fate::kept;
    case 'd': return Fate::dropped;
    case 't': return Fate::torn;
    default: PRECONDITION(letter == '\0', "the fate `{}`", letter);
  }
  return static_cast<Fate>(draws_.below(3, Purpose::sector_fate, sector.cause, sector.place));
}

void Disk::survive(const Unsynced& sector, Fate fate) {
  if (fate == Fate::dropped) return;
  File& file = files_.find(sector.file)->second;
  std::uint64_t count = sector.held.size();
  if (fate == Fate::torn) {
    const Cause of_the_tear = sector.cause.child(sector.place);
    count = std::min(count, 1 + draws_.below(sector_bytes - 1, Purpose::sector_fate, of_the_tear));
  }
  file.bytes.replace(sector.sector * sector_bytes, count, sector.held, 0, count);
  file.is_durable = true;
  file.durable_size = std::max(file.durable_size, sector.end);
}

// Who bears a name is the file that was made last, of those that are left.
void Disk::forget_lost_files() {
  names_.clear();
  std::erase_if(files_, [](const auto& each) { return each.second.is_removed || !each.second.is_durable; });
  for (auto& [number, file] : files_) {
    file.bytes.resize(file.durable_size);
    names_[file.name] = number;
  }
  std::erase_if(files_, [this](const auto& each) { return names_[each.second.name] != each.first; });
}

}  // namespace orrery::sim
