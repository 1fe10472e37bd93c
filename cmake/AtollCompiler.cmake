# Language level, warnings, sanitizers, compiler cache. Included once, from the top.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(ATOLL_OPTIMISE "" CACHE STRING "Optimisation flag of a Debug build, such as -Og")
set(ATOLL_SANITIZE "" CACHE STRING "Value of -fsanitize=, such as address,undefined")
option(ATOLL_JEMALLOC "Link the programs with jemalloc; OFF is for comparing (docs/adr/0015)" ON)
option(ATOLL_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Precompiled headers need time_macros and pch_defines to be cacheable at all; base_dir lets two
  # checkouts share what they compile.
  set(ATOLL_CCACHE ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${ATOLL_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ATOLL_CCACHE})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-g1 ${ATOLL_OPTIMISE}")
set(CMAKE_C_FLAGS_DEBUG "-g1 ${ATOLL_OPTIMISE}")

# x86-64-v2 (SSE4.2, 2009) is what every machine that runs Debian 12 in earnest has.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-march=x86-64-v2)
endif()
add_compile_options(-fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # lets ccache see through a precompiled header
endif()

if(ATOLL_SANITIZE)
  add_compile_options(-fsanitize=${ATOLL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ATOLL_SANITIZE})
endif()
if(ATOLL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_library(atoll_warnings INTERFACE)
target_compile_options(atoll_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wcast-align -Wunused)
if(ATOLL_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A null check that a sanitizer adds makes GCC 12 see dereferences that are not there.
  target_compile_options(atoll_warnings INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Partial designated initialisers are how options with defaults are written here.
  target_compile_options(atoll_warnings INTERFACE -Wno-missing-designated-field-initializers)
else()
  # GCC 12 sees overlapping copies in std::string's own assign() once it is inlined (its bug 105651).
  target_compile_options(atoll_warnings INTERFACE -Wno-missing-field-initializers -Wno-restrict)
endif()
