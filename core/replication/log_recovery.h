// Reads the log that a former process left (log.h says by which rules).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/replication/log.h"

namespace orrery::replication {

class Log::Recovery {
 public:
  explicit Recovery(Log& into) : log_(into) {}

  // Fills the index, begins a segment and puts into its first batch what may not be durable.
  void run();

 private:
  // So many sectors of a segment, from its first on.
  struct Part {
    std::uint32_t segment = 0;  // 0: none
    std::uint32_t sectors = 0;
  };
  struct Sectors {
    std::uint32_t segment = 0;
    Bytes bytes;
    std::vector<SectorState> states;

    std::uint32_t count() const { return static_cast<std::uint32_t>(states.size()); }
    std::string_view sector(std::uint32_t number) const;
    bool is_valid(std::uint32_t number) const;
    std::optional<SegmentHeader> header() const;
    // Where the last batch begins of which something can be read.
    std::uint32_t last_batch() const;
    // The first sector from that one on which is in this state; if `is_not`, in another.
    std::uint32_t find(std::uint32_t from, SectorState state, bool is_not = false) const;
  };

  Sectors read(std::uint32_t segment, std::uint64_t sectors_max) const;
  Part find_end();
  Part whole_file_before(std::uint32_t segment) const;
  std::vector<Part> parts_up_to(Part last);
  void replay(const Part& part);
  void copy_tail();
  void found_damage(Position through);
  template <class OnRecord, class OnDamage>
  void walk(const Sectors& sectors, std::uint32_t from, std::uint32_t end, OnRecord on_record, OnDamage on_damage);

  Log& log_;
  std::vector<std::uint32_t> files_;     // ascending; those after the newest that counts are taken off
  std::optional<std::uint32_t> oldest_;  // by the newest header
  Sectors newest_;
  std::uint32_t tail_begin_ = 0;  // of the newest segment, what was perhaps never told of; none of a damaged one
  std::uint32_t tail_end_ = 0;
};

}  // namespace orrery::replication
