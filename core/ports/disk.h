// Files that outlive the process, as far as they were synced.
//
// What was written can be read at once. It is sure to survive a crash only when a sync that began after the write
// has ended well. Until then each sector of 512 bytes may, when the machine crashes, be kept, lost, or torn: its
// first bytes new and the others old. A file that was made or removed since the last sync may be there or not.
// A sync that failed leaves it open for ever which of the sectors it covered are durable, though all can be read.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/value.h"

namespace orrery::ports {

inline constexpr std::uint64_t sector_bytes = 512;

using FileId = Id<struct FileTag>;  // a file's name

class Disk {
 public:
  virtual ~Disk() = default;
  virtual std::vector<FileId> files() const = 0;  // ascending
  // 0, if there is no such file.
  virtual std::uint64_t size(FileId file) const = 0;
  // Fewer bytes at the end of the file. Nothing, if the disk cannot read them.
  virtual std::optional<Bytes> read(FileId file, std::uint64_t offset, std::uint64_t count) const = 0;
  // Makes the file if there is none, and zeros up to the offset. False if the disk is full: then nothing was written.
  [[nodiscard]] virtual bool write(FileId file, std::uint64_t offset, const Bytes& bytes, Cause cause) = 0;
  virtual void remove(FileId file) = 0;
  // Makes durable all that was done before this call. Calls the node back once: Guest::on_synced(token, whether it
  // went well). Several syncs end in the order in which they began.
  virtual void sync(std::uint64_t token, Cause cause) = 0;
};

}  // namespace orrery::ports
