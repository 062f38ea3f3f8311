// Which of an object's keys are in its memory, for the older kind of storage: reads of them wait for nothing (workerd
// io/actor-cache).
//
// It knows single keys, and ranges in which it knows every key there is. What nobody used for a while is forgotten,
// and so is what was used least recently when keys and values take too many bytes. The values themselves are in
// the database: forgetting changes how long a read takes, and never what it gives.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/config.h"
#include "core/base/time.h"

namespace orrery::storage {

// From one key to another; the end is not included, and nothing means that there is none.
struct KeyRange {
  std::string from;
  std::optional<std::string> until;
};

class KeyCache {
 public:
  explicit KeyCache(std::size_t bytes_max = config::key_cache_bytes_max) : bytes_max_(bytes_max) {}

  // Whether it knows the key's value, or that there is none. That counts as a use.
  bool knows(std::string_view key, LocalTime now);
  // Whether it knows all keys of the range. `keys` are those there are.
  template <class Keys>
  bool knows_all(const KeyRange& range, const Keys& keys, LocalTime now) {
    if (!covers(range)) return false;
    bool all = true;
    for (const auto& [key, value] : keys) all = knows_itself(key, now) && all;
    return all;
  }

  // That it has read or written a key and its value, which take so many bytes; or that there is no such key.
  void learn(std::string_view key, std::size_t bytes, LocalTime now);
  void learn_range(KeyRange range);
  // All there is: nothing.
  void learn_that_all_is_empty();
  void forget(std::string_view key);

  std::size_t bytes() const { return bytes_; }

 private:
  struct Known {
    std::string key;
    std::size_t bytes = 0;
    LocalTime used{};
  };
  using Uses = std::list<Known>;

  bool knows_itself(std::string_view key, LocalTime now);
  bool covers(const KeyRange& range) const;
  void cut(std::string_view key);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Uses uses_;  // the last one used is in front
  std::map<std::string, Uses::iterator, std::less<>> keys_;
  std::map<std::string, std::optional<std::string>, std::less<>> ranges_;  // from, until: they do not touch
};

}  // namespace orrery::storage
