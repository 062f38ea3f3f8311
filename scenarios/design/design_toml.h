// What a design's tables say, as an experiment.
#pragma once

#include "scenarios/design/design.h"
#include "scenarios/toml_reader.h"

namespace orrery::scenarios {

// Reads the document of `text`, which the layers were laid over (design_layers.h), and the files that it names. Fills
// in all of the design but its variant and its places; what is wrong is text.mistake(). The design has its usual name.
void read_design(TomlText& text, const ReadText& read_text, Design& design);

}  // namespace orrery::scenarios
