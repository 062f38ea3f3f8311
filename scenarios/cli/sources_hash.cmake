# Writes a header with a hash over the sources that decide what a run does. Equal sources give an equal hash,
# whatever the compiler; the file is left alone if nothing changed.
#
#   cmake -DSOURCES=<project> -DOUT=<header> -P sources_hash.cmake
file(GLOB_RECURSE files RELATIVE ${SOURCES}
  ${SOURCES}/core/*.cc ${SOURCES}/core/*.h ${SOURCES}/sim/*.cc ${SOURCES}/sim/*.h ${SOURCES}/sim/*.csv
  ${SOURCES}/properties/*.cc ${SOURCES}/properties/*.h ${SOURCES}/scenarios/*.cc ${SOURCES}/scenarios/*.h)
list(FILTER files EXCLUDE REGEX "^scenarios/cli/")
list(SORT files)
set(all "")
foreach(file IN LISTS files)
  file(SHA256 ${SOURCES}/${file} hash)
  string(APPEND all "${file} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 12 hash)
set(text "#pragma once\n#define ORRERY_SOURCES_HASH \"${hash}\"\n")
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT "${before}" STREQUAL "${text}")
  file(WRITE ${OUT} "${text}")
endif()
