// What an author's code throws and catches: the errors of the original, with its properties
// (Cloudflare docs, "Error handling"; workerd jsg/util.c++). Messages are the original's, verbatim.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <tuple>

#include "core/base/fields.h"

namespace orrery {

class ObjectError : public std::exception {
 public:
  enum class Kind : std::uint8_t { error, type_error, range_error };

  ObjectError() = default;
  explicit ObjectError(std::string message, Kind kind = Kind::error) : kind_(kind), message_(std::move(message)) {}
  static ObjectError type_error(std::string message) { return ObjectError(std::move(message), Kind::type_error); }
  static ObjectError range_error(std::string message) { return ObjectError(std::move(message), Kind::range_error); }
  // The connection to the object broke: it is unknown whether the call was done.
  static ObjectError connection_lost() {
    ObjectError error("Network connection lost.");
    error.retryable_ = true;
    return error;
  }

  // What the platform did not expect, and says nothing about.
  static ObjectError internal_error() { return ObjectError("internal error; reference = 0"); }
  // The instance that was called is gone, by what `message` says.
  static ObjectError instance_reset(std::string message) {
    ObjectError error(std::move(message));
    error.reset_ = true;
    return error;
  }

  // Likewise, because the object was too slow.
  static ObjectError too_slow(std::string message) {
    ObjectError error = instance_reset(std::move(message));
    error.overloaded_ = true;
    return error;
  }

  const char* what() const noexcept override { return message_.c_str(); }
  Kind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  bool retryable() const { return retryable_; }    // a new attempt on a new stub may succeed
  bool overloaded() const { return overloaded_; }  // do not try again now
  bool remote() const { return remote_; }          // it was thrown by the code of the object called
  bool reset() const { return reset_; }            // the instance that was called is gone

  // As the caller of an object sees what the object's code threw.
  ObjectError as_remote() const {
    ObjectError error = *this;
    error.remote_ = true;
    return error;
  }

  // As they see it when it ended the instance.
  ObjectError as_reset() const {
    ObjectError error = *this;
    error.reset_ = true;
    return error;
  }

  static constexpr auto fields() {
    return std::tuple{field("kind", &ObjectError::kind_),           field("message", &ObjectError::message_),
                      field("retryable", &ObjectError::retryable_), field("overloaded", &ObjectError::overloaded_),
                      field("remote", &ObjectError::remote_),       field("reset", &ObjectError::reset_)};
  }

 private:
  Kind kind_ = Kind::error;
  std::string message_;
  bool retryable_ = false;
  bool overloaded_ = false;
  bool remote_ = false;
  bool reset_ = false;
};

}  // namespace orrery
