# orrery_discover_tests(TARGET [SEEDS n] [LABELS l...] [WORKING_DIRECTORY dir] [SCENARIOS names...])
#
# One ctest case for each property of each scenario of a program that links orrery::main, such as
# booking.no_seat_twice: `TARGET check booking -p no_seat_twice --seeds 200`. The program is asked for its scenarios
# whenever it was built. A check that cannot tell (exit code 3) is shown as skipped, not as passed. It runs in the
# source directory of the caller, where orrery-regressions/ is meant to be committed.

# The script that is run after each build of the target; asks it, and writes add_test lines.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  function(ask variable)
    execute_process(COMMAND ${PROGRAM} list ${ARGN} --format json
      OUTPUT_VARIABLE answer COMMAND_ERROR_IS_FATAL ANY)
    set(${variable} "${answer}" PARENT_SCOPE)
  endfunction()

  # What stands under `path`: a list of texts, or of objects whose `member` is the text.
  function(texts_of variable json path member)
    set(texts)
    string(JSON length LENGTH "${json}" ${path})
    math(EXPR last "${length} - 1")
    if(length GREATER 0)
      foreach(place RANGE ${last})
        string(JSON text GET "${json}" ${path} ${place} ${member})
        list(APPEND texts ${text})
      endforeach()
    endif()
    set(${variable} ${texts} PARENT_SCOPE)
  endfunction()

  if(NOT SCENARIOS)
    ask(listing)
    texts_of(SCENARIOS "${listing}" scenarios name)
  endif()
  set(tests)
  foreach(scenario IN LISTS SCENARIOS)
    ask(listing ${scenario})
    texts_of(properties "${listing}" properties "")
    foreach(property IN LISTS properties)
      set(name ${scenario}.${property})
      string(APPEND tests
        "add_test([==[${name}]==] [==[${PROGRAM}]==] check ${scenario} -p ${property}"
        " --seeds ${SEEDS} --progress none)\n"
        "set_tests_properties([==[${name}]==] PROPERTIES\n"
        "  WORKING_DIRECTORY [==[${DIRECTORY}]==] SKIP_RETURN_CODE 3 LABELS [==[${LABELS}]==])\n")
    endforeach()
  endforeach()
  file(WRITE ${OUT} "${tests}")
  return()
endif()

set(orrery_discover_tests_script ${CMAKE_CURRENT_LIST_FILE})

function(orrery_discover_tests target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SEEDS;WORKING_DIRECTORY" "LABELS;SCENARIOS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "orrery_discover_tests: what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT arg_SEEDS)
    set(arg_SEEDS 200)
  endif()
  if(NOT arg_WORKING_DIRECTORY)
    set(arg_WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  endif()

  set(found ${CMAKE_CURRENT_BINARY_DIR}/${target}_found_tests.cmake)
  set(included ${CMAKE_CURRENT_BINARY_DIR}/${target}_tests.cmake)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:${target}> -D OUT=${found} -D SEEDS=${arg_SEEDS}
      -D "LABELS=${arg_LABELS}" -D "DIRECTORY=${arg_WORKING_DIRECTORY}" -D "SCENARIOS=${arg_SCENARIOS}"
      -P ${orrery_discover_tests_script}
    BYPRODUCTS ${found}
    VERBATIM)
  file(WRITE ${included}
    "if(EXISTS \"${found}\")\n  include(\"${found}\")\n"
    "else()\n  add_test(${target}_NOT_BUILT ${target}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${included})
endfunction()
