#include "core/ports/local.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/spare_bytes.h"

namespace orrery::ports {
namespace {

constexpr Duration longest_sleep = 50ms;  // so that enough() is heard

LocalTime clock_now() {
  return LocalTime(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

// ---- The disk.

LocalDisk::LocalDisk(std::string directory)
    : directory_(std::move(directory)), directory_fd_(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY)) {
  if (directory_fd_ < 0) fail(directory_);
  for (const FileId file : files()) {
    const int opened = ::open(path_of(file).c_str(), O_RDWR);
    if (opened < 0) fail(path_of(file));
    open_[file] = opened;
    dirty_.insert(file);  // by whoever was here before
  }
}

LocalDisk::~LocalDisk() {
  for (const auto& [file, opened] : open_) ::close(opened);
  ::close(directory_fd_);
}

std::string LocalDisk::path_of(FileId file) const { return fmt::format("{}/{:016x}.log", directory_, file.value); }

std::vector<FileId> LocalDisk::files() const {
  std::vector<FileId> found;
  DIR* listing = ::opendir(directory_.c_str());
  if (!listing) fail(directory_);
  while (const dirent* entry = ::readdir(listing)) {
    const std::string name = entry->d_name;
    if (name.size() != 20 || !name.ends_with(".log")) continue;
    found.push_back(FileId{std::strtoull(name.substr(0, 16).c_str(), nullptr, 16)});
  }
  ::closedir(listing);
  std::ranges::sort(found);
  return found;
}

std::uint64_t LocalDisk::size(FileId file) const {
  const auto found = open_.find(file);
  if (found == open_.end()) return 0;
  struct stat status {};
  if (::fstat(found->second, &status) != 0) fail(path_of(file));
  return static_cast<std::uint64_t>(status.st_size);
}

std::optional<Bytes> LocalDisk::read(FileId file, std::uint64_t offset, std::uint64_t count) const {
  const auto found = open_.find(file);
  if (found == open_.end()) return Bytes();
  const std::uint64_t end = size(file);
  Bytes bytes(offset >= end ? 0 : std::min(count, end - offset), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        ::pread(found->second, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) bytes.resize(done);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

bool LocalDisk::write(FileId file, std::uint64_t offset, const Bytes& bytes, Cause) {
  auto found = open_.find(file);
  if (found == open_.end()) {
    const int opened = ::open(path_of(file).c_str(), O_RDWR | O_CREAT, 0644);
    if (opened < 0) fail(path_of(file));
    found = open_.emplace(file, opened).first;
    directory_is_dirty_ = true;
  }
  const std::uint64_t before = size(file);
  dirty_.insert(file);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t put =
        ::pwrite(found->second, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG) fail(path_of(file));
      if (::ftruncate(found->second, static_cast<off_t>(before)) != 0) fail(path_of(file));
      return false;
    }
    done += static_cast<std::size_t>(put);
  }
  return true;
}

void LocalDisk::remove(FileId file) {
  const auto found = open_.find(file);
  if (found == open_.end()) return;
  ::close(found->second);
  open_.erase(found);
  dirty_.erase(file);
  if (::unlink(path_of(file).c_str()) != 0) fail(path_of(file));
  directory_is_dirty_ = true;
}

void LocalDisk::sync(std::uint64_t token, Cause cause) { asked_for_.push_back({token, true, cause}); }

std::vector<LocalDisk::Synced> LocalDisk::carry_out_syncs() {
  std::vector<Synced> done = std::exchange(asked_for_, {});
  if (done.empty()) return done;
  bool well = true;
  for (const FileId file : dirty_) well = ::fdatasync(open_.at(file)) == 0 && well;
  dirty_.clear();
  if (std::exchange(directory_is_dirty_, false)) well = ::fsync(directory_fd_) == 0 && well;
  for (Synced& each : done) each.well = well;
  return done;
}

// ---- Everything else.

Local::Local(std::string directory, std::uint64_t seed, OnAnswer on_answer, std::vector<LocalService> services)
    : disk_(std::move(directory)),
      draws_(seed),
      on_answer_(std::move(on_answer)),
      now_(clock_now()),
      services_(std::move(services)) {}

Host Local::host() {
  return Host{.self = NodeId{0},
              .boot = 1,
              .clock = *this,
              .timers = *this,
              .network = *this,
              .users = *this,
              .disk = disk_,
              .process = *this,
              .observer = *this,
              .probe = *this,
              .log = *this,
              .draws = draws_};
}

void Local::send(ClientId client, Bytes bytes, Cause cause) {
  inbox_.emplace_back(Message::Kind::user, NodeId{}, client, StreamId{}, std::move(bytes), cause);
}

void Local::run(Guest& guest, const std::function<bool()>& enough) {
  while (!enough()) {
    now_ = clock_now();
    if (!run_round(guest) && !sleep()) return;
  }
}

bool Local::run_round(Guest& guest) {
  bool has_worked = take_answers() || !inbox_.empty();
  delivered_.swap(inbox_);
  for (Message& each : delivered_) {
    deliver(guest, each);
    SpareBytes::give_back(std::move(each.bytes));
  }
  delivered_.clear();
  has_worked = run_timers(guest) || has_worked;
  for (const LocalDisk::Synced& each : disk_.carry_out_syncs()) {
    guest.on_synced(each.token, each.well, each.cause);
    has_worked = true;
  }
  return has_worked;
}

bool Local::sleep() {
  if (answers_.empty() && timers_.size() == upkeep_pending_) return false;
  LocalTime next = LocalTime::max();
  if (!answers_.empty()) next = answers_.begin()->first.first;
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first.first);
  std::this_thread::sleep_for(std::min<Duration>(next - now_, longest_sleep));
  return true;
}

void Local::deliver(Guest& guest, const Message& message) {
  switch (message.kind) {
    case Message::Kind::datagram: return guest.on_datagram(message.from, message.bytes, message.cause);
    case Message::Kind::stream: return guest.on_stream(message.from, message.stream, message.bytes, message.cause);
    case Message::Kind::user: return guest.on_user(message.client, message.bytes, message.cause);
  }
}

bool Local::run_timers(Guest& guest) {
  bool has_run = false;
  while (!timers_.empty() && timers_.begin()->first.first <= now_) {
    const auto due = *timers_.begin();
    timers_.erase(timers_.begin());
    timer_times_.erase(due.first.second);
    upkeep_pending_ -= due.second.is_upkeep ? 1 : 0;
    guest.on_timer(due.second.token);
    has_run = true;
  }
  return has_run;
}

// What services have answered by now is delivered in this round.
bool Local::take_answers() {
  bool has_come = false;
  while (!answers_.empty() && answers_.begin()->first.first <= now_) {
    inbox_.push_back(std::move(answers_.begin()->second));
    answers_.erase(answers_.begin());
    has_come = true;
  }
  return has_come;
}

LocalTime Local::steady() const { return now_; }

TimerId Local::set(Duration after, std::uint64_t token, Cause) { return add(after, {token, false}); }

void Local::set_upkeep(Duration after, std::uint64_t token, Cause) {
  add(after, {token, true});
  ++upkeep_pending_;
}

TimerId Local::add(Duration after, const Timer& timer) {
  const LocalTime at = steady() + after;
  const std::uint64_t id = ++numbered_;
  timers_[{at, id}] = timer;
  timer_times_[id] = at;
  return TimerId{id};
}

void Local::cancel(TimerId timer) {
  const auto found = timer_times_.find(timer.value);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, timer.value});
  timer_times_.erase(found);
}

void Local::send_datagram(NodeId, Bytes bytes, Cause cause) {
  inbox_.emplace_back(Message::Kind::datagram, NodeId{}, ClientId{}, StreamId{}, std::move(bytes), cause);
}
void Local::send_on_stream(NodeId to, StreamId stream, Bytes bytes, Cause cause) {
  const auto service = std::ranges::find(services_, to, &LocalService::node);
  if (service == services_.end()) {
    inbox_.emplace_back(Message::Kind::stream, NodeId{}, ClientId{}, stream, std::move(bytes), cause);
    return;
  }
  LocalService::Answer answer = service->serve(bytes, cause);
  answers_[{now_ + answer.after, ++numbered_}] = {Message::Kind::stream, to, {}, stream, std::move(answer.bytes),
                                                  cause.child(0)};
}
void Local::answer_on_stream(NodeId to, StreamId stream, Bytes bytes, Cause cause) {
  send_on_stream(to, stream, std::move(bytes), cause);
}

void Local::answer(ClientId client, Bytes bytes, Cause) {
  on_answer_(client, bytes);
  SpareBytes::give_back(std::move(bytes));
}

void Local::end(std::string_view why) {
  std::fprintf(stderr, "orrery: the process ends: %.*s\n", static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace orrery::ports
