# cmake --install BUILD --prefix PREFIX: the libraries with their headers, the tool, its manual and completions.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(installed_libraries core local sim log properties reports scenarios main testing)
set(config_directory ${CMAKE_INSTALL_LIBDIR}/cmake/orrery)

foreach(library IN LISTS installed_libraries)
  set_target_properties(orrery_${library} PROPERTIES EXPORT_NAME ${library})
  install(TARGETS orrery_${library} EXPORT orreryTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery)
endforeach()
install(EXPORT orreryTargets NAMESPACE orrery:: DESTINATION ${config_directory})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/orreryConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/orreryConfig.cmake INSTALL_DESTINATION ${config_directory})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/orreryConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/orreryConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/orreryConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/orrery_discover_tests.cmake
  DESTINATION ${config_directory})

install(TARGETS orrery RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What the tool writes about itself: install_written(FILE DIRECTORY ARGUMENTS...).
function(install_written name directory)
  set(written ${CMAKE_CURRENT_BINARY_DIR}/written/${name})
  install(CODE "
    file(MAKE_DIRECTORY \"${CMAKE_CURRENT_BINARY_DIR}/written\")
    execute_process(COMMAND \"$<TARGET_FILE:orrery>\" ${ARGN}
      OUTPUT_FILE \"${written}\" COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES ${written} DESTINATION ${directory})
endfunction()
install_written(orrery.1 ${CMAKE_INSTALL_MANDIR}/man1 man)
install_written(orrery ${CMAKE_INSTALL_DATADIR}/bash-completion/completions completions bash)
install_written(_orrery ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions completions zsh)
install_written(orrery.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d completions fish)
