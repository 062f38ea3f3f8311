// Who can bring back the image of an object's database.
#pragma once

#include <expected>
#include <string>

#include "core/base/ids.h"
#include "core/storage/pages.h"

namespace orrery::storage {

struct Image {
  Pages pages;
  Epoch epoch;        // of its last commit
  CommitIndex index;  // of its last commit; 0: the object never had one
  std::uint64_t chain = 0;
};

class Images {
 public:
  virtual ~Images() = default;
  // As all commits left it that were appended, durable or not. The error says why that cannot be known.
  virtual std::expected<Image, std::string> image_of(const ObjectId& object) = 0;
};

}  // namespace orrery::storage
