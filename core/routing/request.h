// What travels between a caller and an object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "core/base/draws.h"
#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/value.h"
#include "core/journal/runtime.h"

namespace orrery {

using journal::Status;

// An HTTP-like request. Made by named functions only: g++ 12 destroys an aggregate beside an await twice.
class Request {
 public:
  Request() = default;
  static Request get(std::string path) { return Request("GET", std::move(path), ""); }
  static Request post(std::string path, std::string body = "") {
    return Request("POST", std::move(path), std::move(body));
  }

  const std::string& method() const { return method_; }
  const std::string& path() const { return path_; }
  const std::string& body() const { return body_; }

  static constexpr auto fields() {
    return std::tuple{field("method", &Request::method_), field("path", &Request::path_),
                      field("body", &Request::body_)};
  }

 private:
  Request(std::string method, std::string path, std::string body)
      : method_(std::move(method)), path_(std::move(path)), body_(std::move(body)) {}
  std::string method_;
  std::string path_;
  std::string body_;
};

class Response {
 public:
  Response() = default;
  static Response ok(std::string body = "") { return Response(200, std::move(body)); }
  static Response with_status(std::int32_t status, std::string body = "") {
    return Response(status, std::move(body));
  }

  std::int32_t status() const { return status_; }
  const std::string& body() const { return body_; }

  static constexpr auto fields() {
    return std::tuple{field("status", &Response::status_), field("body", &Response::body_)};
  }

 private:
  Response(std::int32_t status, std::string body) : status_(status), body_(std::move(body)) {}
  std::int32_t status_ = 200;
  std::string body_;
};

namespace routing {

// One call on its way. `arguments` are packed (routing/packing.h). `cause` does not travel among
// the bytes: the network carries it beside every message.
struct Call {
  static constexpr std::uint32_t anywhere = 0xffff'ffff;

  CallId call;
  StubId stub;
  std::uint64_t sequence{};
  ObjectId object;
  ClassId object_class;
  Epoch epoch;  // of the owner it is sent to; 0 until the router knows
  MethodId method;
  Bytes arguments;
  std::optional<std::string> name{};  // that the object's id was made from, where it is known
  Cause cause{};
  std::uint32_t near = anywhere;  // the city in which the object is made, if this call makes it; not among the bytes
  static constexpr auto fields() {
    return std::tuple{field("call", &Call::call),          field("stub", &Call::stub),
                      field("sequence", &Call::sequence),  field("object", &Call::object),
                      field("class", &Call::object_class), field("epoch", &Call::epoch),
                      field("method", &Call::method),      field("arguments", &Call::arguments),
                      field("name", &Call::name)};
  }
};

// How a call ended. `payload` is the packed result if it went well, else a packed ObjectError.
struct Reply {
  CallId call;
  StubId stub;
  Status status{};
  Bytes payload;
  static constexpr auto fields() {
    return std::tuple{field("call", &Reply::call), field("stub", &Reply::stub), field("status", &Reply::status),
                      field("payload", &Reply::payload)};
  }
};

}  // namespace routing
}  // namespace orrery
