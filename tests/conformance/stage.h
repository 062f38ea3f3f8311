// What the objects of one program share outside of the simulation: who they are, and what they recorded.
//
// What is recorded here is past every gate, and stays when its turn is undone.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/object/namespace.h"
#include "tests/conformance/program.h"

namespace orrery::tests::conformance {

// Of the namespace of all classes of a program, by the kind of its storage.
constexpr std::string_view unique_key(bool is_kv) {
  return is_kv ? "orrery-conformance-kv" : "orrery-conformance-sqlite";
}

class Stage {
 public:
  struct Place {
    std::string object;  // as the transcript calls it
    std::string object_class;
  };
  struct Note {
    Time at;
    std::string object;
    std::string label;
    Json value;
  };
  // What an object sends to a service.
  struct Text {
    std::string service;
    std::string text;
  };

  // The program must outlive the stage. `now` is the true time.
  Stage(const Program& program, std::function<Time()> now)
      : program(program), objects_(unique_key(program.is_kv)), now_(std::move(now)) {}

  DurableObjectId id_of(const std::string& object) {
    const std::string& object_class = program.class_of(object);
    const std::string name = program.name + "/" + object_class + "/" + object;
    const ObjectId id = objects_.id_from_name(name);
    places_[id] = {object, object_class};
    return DurableObjectId(id, name);
  }
  void add(const ObjectId& id, Place place) { places_[id] = std::move(place); }
  const Place& place_of(const ObjectId& id) const { return places_.at(id); }

  void record(const std::string& object, std::string label, Json value) {
    notes.push_back({now_(), object, std::move(label), std::move(value)});
  }

  const Program& program;
  std::vector<Note> notes;
  std::vector<std::string> bugs;                   // of our own
  std::map<ObjectId, std::deque<Text>> held_back;  // by its sender: what has not left it, in the order of sending

 private:
  Namespace objects_;
  std::map<ObjectId, Place> places_;
  std::function<Time()> now_;
};

}  // namespace orrery::tests::conformance
