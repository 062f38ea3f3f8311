#include "properties/catalogue.h"

#include "properties/delivery.h"
#include "properties/durability.h"
#include "properties/internal_error.h"
#include "properties/late_effects.h"
#include "properties/liveness.h"
#include "properties/output_gate.h"
#include "properties/serialization.h"
#include "properties/turns.h"
#include "properties/uniqueness.h"

namespace orrery::properties {
namespace {

constexpr PropertyInfo infos[] = {
    {"global_uniqueness", "Each epoch of an object has one owner, and only one instance of it lives at a time."},
    {"serialization", "The calls of one object look as if they had been done one at a time."},
    {"durability", "What was confirmed or shown survives every crash, and nothing else comes back."},
    {"output_gate", "Nothing leaves an object before what it shows is durable."},
    {"turns_never_overlap", "An object does one thing at a time, each for as long as was said."},
    {"delivery_order", "Calls made on one stub begin once, in the order in which they were made."},
    {"liveness", "Every call is answered, and answered well when nothing is wrong any more."},
    {"no_internal_error", "The runtime never meets a mistake of its own."},
    {"no_late_effects", "Nothing is seen of an instance whose machine's lease was sealed."},
};
constexpr std::string_view of_leases = "no_late_effects";

}  // namespace

std::span<const PropertyInfo> all_properties() { return infos; }

std::vector<std::string_view> property_names() {
  std::vector<std::string_view> names;
  for (const PropertyInfo& info : infos) names.push_back(info.name);
  return names;
}

std::vector<std::string_view> usual_property_names() {
  std::vector<std::string_view> names = property_names();
  std::erase(names, of_leases);
  return names;
}

std::unique_ptr<Property> make_property(std::string_view name, const std::vector<DeclaredModel>& models,
                                        bool witness) {
  if (name == "global_uniqueness") return std::make_unique<GlobalUniqueness>();
  if (name == "serialization")
    return std::make_unique<Serialization>(models, SerializationOptions{.witness = witness});
  if (name == "durability") return std::make_unique<Durability>();
  if (name == "output_gate") return std::make_unique<OutputGate>();
  if (name == "turns_never_overlap") return std::make_unique<TurnsNeverOverlap>();
  if (name == "delivery_order") return std::make_unique<DeliveryOrder>();
  if (name == "liveness") return std::make_unique<Liveness>();
  if (name == "no_late_effects") return std::make_unique<NoLateEffects>();
  if (name == "no_internal_error") return std::make_unique<NoInternalError>();
  return nullptr;
}

}  // namespace orrery::properties
