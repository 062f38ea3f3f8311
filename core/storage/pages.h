// The image of one object's database: its pages in memory, and what changed in them.
//
// Writes go to the image at once. The former contents of a page are kept until take_change(), which gives what became
// different since the last one: a function of the two images alone, however the writes led from one to the other. So
// a commit is a few bytes and not whole pages. A change can be applied to an image equal to the one it was taken
// from, and gives the same image again.
//
//   change = pages:u32 { page:u32 runs:u16 { offset:u16 length:u16 bytes } }      little-endian
//
// `pages` counts those of the image afterwards. The pages of a change ascend, and so do the runs of a page. Pages
// beyond the former end are zeros before they are written.
//
// The digest stands for the contents: equal images have equal digests, however they came about. It is a sum over the
// words of eight bytes that are not zero, so it follows each change at little cost.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/value.h"

namespace orrery::storage {

inline constexpr std::size_t page_bytes = 4096;

class Pages {
 public:
  std::uint32_t count() const { return static_cast<std::uint32_t>(pages_.size()); }
  std::uint64_t digest() const;

  // Copies `count` bytes from `offset` on; zeros beyond the end.
  void read(std::uint64_t offset, char* out, std::size_t count) const;
  // May lie in one page only. Grows the image if need be.
  void write(std::uint64_t offset, std::string_view bytes);
  void resize(std::uint32_t pages);

  bool has_changed() const;
  // What changed since the last time, as bytes; none if the image is what it was then.
  Bytes take_change();
  // Forgets what changed: the image is what it was at the last take_change().
  void drop_change();

  // PRECONDITION: nothing changed since the last take_change(). False, with the image in an unknown state, if these
  // bytes are no change.
  [[nodiscard]] bool apply(std::string_view change);

  // The change that makes this image out of an empty one.
  Bytes as_change() const;
  // What apply() takes and is the same afterwards.
  Bytes nothing_changed() const;

  // The digest, worked out from the contents alone.
  std::uint64_t computed_digest() const;

 private:
  using Contents = std::array<char, page_bytes>;
  // `contents` is missing where all bytes are zero. `is_saved`: the former contents are in `saved_`.
  struct Page {
    std::unique_ptr<Contents> contents;
    bool is_saved = false;
  };
  struct Saved {
    std::uint32_t page = 0;
    std::unique_ptr<Contents> contents;
  };

  static const Contents zeros;
  static const Contents& contents_of(const std::unique_ptr<Contents>& held) { return held ? *held : zeros; }
  const Contents& at(std::uint64_t page) const;  // zeros beyond the end
  std::unique_ptr<Contents> new_contents();
  void recycle(std::unique_ptr<Contents> contents);
  bool apply_page(std::uint32_t page, std::uint16_t runs, std::string_view& change);

  std::vector<Page> pages_;
  std::vector<Saved> saved_;                      // each page once
  std::vector<std::unique_ptr<Contents>> spare_;  // a few, so that a write allocates nothing
  std::uint32_t taken_count_ = 0;                 // pages at the last take_change()
  std::uint64_t taken_digest_ = 0;                // the digest at that time
};

}  // namespace orrery::storage
