// The ports on a real clock and real files: one process, whose network reaches itself and services that it plays.
//
// For benchmarks and crash tests, so that the code that is tested is the code that runs. Everything happens in
// run(), in rounds: what was sent is delivered in order, timers that are due go off, and one sync of the disk serves
// all turns that wait for it. Within a round time stands still; between two that have nothing to do, it sleeps.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

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

// Something outside that answers whatever is sent to `node`.
struct LocalService {
  struct Answer {
    Duration after;
    Bytes bytes;
  };
  NodeId node;
  std::function<Answer(const Bytes& request, Cause cause)> serve;
};

class Local final : private Clock,
                    private Timers,
                    private Network,
                    private Users,
                    private Process,
                    private Observer,
                    private Probe,
                    private Log {
 public:
  // Called with each answer to a user, from inside run().
  using OnAnswer = std::function<void(ClientId client, const Bytes& bytes)>;

  Local(std::string directory, std::uint64_t seed, OnAnswer on_answer, std::vector<LocalService> services = {});

  Host host();
  // A user's call; carried out by run().
  void send(ClientId client, Bytes bytes, Cause cause);
  // Works until nothing is left to happen but upkeep, or until `enough()`.
  void run(Guest& guest, const std::function<bool()>& enough);

 private:
  struct Message {
    enum class Kind : std::uint8_t { datagram, stream, user } kind{};
    NodeId from;
    ClientId client;
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
  bool wants(LogLevel) const override { return false; }
  void write(LogLevel, LocalTime, std::string_view) override {}
  void deliver(Guest& guest, const Message& message);
  // True if there was anything to do.
  bool run_round(Guest& guest);
  bool run_timers(Guest& guest);
  bool take_answers();
  // Until the next timer or answer is due, or until it is time to ask enough() again; false if nothing but upkeep is
  // to come.
  bool sleep();

  LocalDisk disk_;
  const Draws draws_;
  const OnAnswer on_answer_;
  LocalTime now_;
  std::vector<Message> inbox_;
  std::vector<Message> delivered_;  // in this round
  struct Timer {
    std::uint64_t token;
    bool is_upkeep;
  };
  using When = std::pair<LocalTime, std::uint64_t>;  // and which, by number
  TimerId add(Duration after, const Timer& timer);
  std::map<When, Timer> timers_;
  std::map<std::uint64_t, LocalTime> timer_times_;
  std::size_t upkeep_pending_ = 0;
  std::map<When, Message> answers_;  // of services
  const std::vector<LocalService> services_;
  std::uint64_t numbered_ = 0;  // timers and answers
};

}  // namespace orrery::ports
