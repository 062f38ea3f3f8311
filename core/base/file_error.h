// A mistake in a file that a user wrote, and where it is.
//
// Whatever reads designs, experiments or tables reports its first mistake as one of these, so all of them
// look alike and end with the fix:
//
//   booking.toml:24:9: unknown location hint "eanm"
//      24 | place = "eanm"
//         |         ^~~~~~ did you mean "enam"?
//     known: wnam enam sam weur eeur
#pragma once

#include <string>

namespace orrery {

struct FileError {
  std::string file;
  int line = 0;           // from 1; 0: the mistake is not on any one line
  int column = 0;         // from 1, in bytes; 0: the whole line is meant
  std::string message;    // one line, no full stop
  std::string line_text;  // the line as it is in the file; empty: it is not shown
  std::string hint;       // beside the mark: what to do about it; may be empty
  int width = 1;          // how many bytes the mark covers
  std::string note;       // below: what would have been accepted; may be empty
  std::string part{};     // of what was read, as a path: "clients.eu.retry"; may be empty, and is not shown
};

// Several lines, each ended by a newline.
std::string to_text(const FileError& error);

}  // namespace orrery
