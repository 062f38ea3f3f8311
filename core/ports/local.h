// The ports on a real clock and real files: one process, whose network reaches itself only.
//
// For benchmarks and crash tests, so that the code that is tested is the code that runs. Everything happens in
// run(), in rounds: what was sent is delivered in order, timers that are due go off, and one sync of the disk serves
// all turns that wait for it. Within a round time stands still.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/fifo.h"
#include "core/ports/host.h"

namespace orrery::ports {

// Real files in one directory, which must exist. Throws std::system_error where the port has no error of its own.
class LocalDisk final : public Disk {
 public:
  explicit LocalDisk(std::string directory);
  ~LocalDisk() override;
  LocalDisk(const LocalDisk&) = delete;
  LocalDisk& operator=(const LocalDisk&) = delete;

  std::vector<FileId> files() const override;
  std::uint64_t size(FileId file) const override;
  std::optional<Bytes> read(FileId file, std::uint64_t offset, std::uint64_t count) const override;
  bool write(FileId file, std::uint64_t offset, const Bytes& bytes, Cause cause) override;
  void remove(FileId file) override;
  void sync(std::uint64_t token, Cause cause) override;

  struct Synced {
    std::uint64_t token;
    bool well;
    Cause cause;
  };
  // Carries out the syncs that were asked for, all with one fdatasync for each file.
  std::vector<Synced> carry_out_syncs();

 private:
  std::string path_of(FileId file) const;

  const std::string directory_;
  int directory_fd_;
  std::map<FileId, int> open_;
  std::set<FileId> dirty_;
  bool directory_is_dirty_ = false;
  std::vector<Synced> asked_for_;
};

class Local final : private Clock,
                    private Timers,
                    private Network,
                    private Users,
                    private Process,
                    private Observer,
                    private Probe {
 public:
  // Called with each answer to a user, from inside run().
  using OnAnswer = std::function<void(ClientId client, const Bytes& bytes)>;

  Local(std::string directory, std::uint64_t seed, OnAnswer on_answer);

  Host host();
  // A user's call; carried out by run().
  void send(ClientId client, Bytes bytes, Cause cause);
  // Works until nothing is left to do but timers that are not yet due, or until `enough()`.
  void run(Guest& guest, const std::function<bool()>& enough);

 private:
  struct Message {
    enum class Kind : std::uint8_t { datagram, stream, user } kind{};
    std::uint32_t client = 0;
    StreamId stream;
    Bytes bytes;
    Cause cause;
  };

  LocalTime steady() const override;
  TimerId set(Duration after, std::uint64_t token, Cause cause) override;
  void set_upkeep(Duration after, std::uint64_t token, Cause cause) override;
  void cancel(TimerId timer) override;
  void send_datagram(NodeId to, Bytes bytes, Cause cause) override;
  void send_on_stream(NodeId to, StreamId stream, Bytes bytes, Cause cause) override;
  void answer_on_stream(NodeId to, StreamId stream, Bytes bytes, Cause cause) override;
  void answer(ClientId client, Bytes bytes, Cause cause) override;
  [[noreturn]] void end(std::string_view why) override;
  void report(journal::Record&) override {}
  bool is_listening() const override { return false; }
  void reached(Mark) override {}
  void deliver(Guest& guest, Message&& message);
  bool run_timers(Guest& guest);

  LocalDisk disk_;
  const Draws draws_;
  const OnAnswer on_answer_;
  LocalTime now_;
  Fifo<Message> inbox_;
  std::map<std::pair<LocalTime, std::uint64_t>, std::uint64_t> timers_;  // (when, id) -> token
  std::map<std::uint64_t, LocalTime> timer_times_;
  std::uint64_t timers_set_ = 0;
};

}  // namespace orrery::ports
