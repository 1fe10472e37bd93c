# Helpers that keep every target alike. All take named sources, never a glob.

# atoll_library(NAME SOURCES a.cc ... [PUBLIC dep ...] [PRIVATE dep ...] [GRPC])
# GRPC: the target's sources include gRPC or protobuf headers; they share one precompiled header.
function(atoll_library name)
  cmake_parse_arguments(ARG "GRPC" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  atoll_settings_(${name} "${ARG_GRPC}" "${ARG_PUBLIC}" "${ARG_PRIVATE}")
endfunction()

# atoll_program(NAME SOURCES main.cc ... [PRIVATE dep ...] [GRPC]); the binary lands in build/<preset>/bin.
function(atoll_program name)
  cmake_parse_arguments(ARG "GRPC" "" "SOURCES;PRIVATE" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin ATOLL_GRPC_ARCHIVES ON)
  atoll_settings_(${name} "${ARG_GRPC}" "" "${ARG_PRIVATE}")
endfunction()

# Every test program that needs nothing but itself; what a sanitizer build makes.
add_custom_target(atoll_tests)

# atoll_test(NAME SOURCES a_test.cc ... [PRIVATE dep ...] [LABELS unit|component] [GRPC])
# One doctest executable, one ctest entry.
function(atoll_test name)
  cmake_parse_arguments(ARG "GRPC" "" "SOURCES;PRIVATE;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  atoll_settings_(${name} "${ARG_GRPC}" "" "${ARG_PRIVATE};atoll_test_main")
  add_test(NAME ${name} COMMAND ${name} --no-version)
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120)
  add_dependencies(atoll_tests ${name})
endfunction()

# atoll_fuzz(NAME SOURCES fuzz_x.cc CORPUS dir [PRIVATE dep ...])
# With ATOLL_FUZZ a libFuzzer program; otherwise an ordinary test that replays the corpus.
function(atoll_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;PRIVATE" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(ATOLL_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    atoll_settings_(${name} "" "" "${ARG_PRIVATE}")
    add_test(NAME ${name} COMMAND ${name} -runs=20000 ${ARG_CORPUS})
  else()
    atoll_settings_(${name} "" "" "${ARG_PRIVATE};atoll_fuzz_replay")
    add_test(NAME ${name} COMMAND ${name} ${ARG_CORPUS})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  add_dependencies(atoll_tests ${name})
endfunction()

function(atoll_settings_ name grpc public private)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_link_libraries(${name} PUBLIC ${public} PRIVATE ${private} atoll_warnings)
  if(grpc)
    target_link_libraries(${name} PRIVATE atoll_proto)
    target_precompile_headers(${name} REUSE_FROM atoll_grpc_pch)
  endif()
endfunction()
