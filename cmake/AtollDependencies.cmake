# Every outside library, from Debian 12 packages (deploy/packages/). Nothing is downloaded.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(GRPCPP REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(MAXMINDDB REQUIRED IMPORTED_TARGET libmaxminddb)
pkg_check_modules(ROCKSDB REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(BROTLIENC REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
find_path(TOMLPP_INCLUDE toml++/toml.h REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

# llhttp: Debian ships the generated C sources (package node-llhttp); they are compiled here.
find_path(LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp NO_DEFAULT_PATH REQUIRED)
find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp NO_DEFAULT_PATH REQUIRED)
add_library(llhttp STATIC ${LLHTTP_SOURCE}/llhttp.c ${LLHTTP_SOURCE}/http.c ${LLHTTP_SOURCE}/api.c)
target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
target_compile_options(llhttp PRIVATE -w)

# gRPC with Protocol Buffers and Abseil. Programs take them from their archives: sixty shared
# libraries are most of what a process does before main() (docs/adr/0021). Tests
# are linked with the shared ones, which is quicker and smaller.
set(archives)
foreach(library ${GRPCPP_STATIC_LIBRARIES} protobuf)
  if(library MATCHES "^(grpc|gpr|upb|address_sorting|protobuf|absl_)")
    find_library(ATOLL_ARCHIVE_${library} lib${library}.a REQUIRED)
    list(APPEND archives ${ATOLL_ARCHIVE_${library}})
  endif()
endforeach()
list(REMOVE_DUPLICATES archives)
list(JOIN archives "," archives)
add_library(atoll_grpc INTERFACE)
target_link_libraries(atoll_grpc INTERFACE
  "$<IF:$<BOOL:$<TARGET_PROPERTY:ATOLL_GRPC_ARCHIVES>>,atoll_grpc_archives,atoll_grpc_shared>")
add_library(atoll_grpc_shared INTERFACE)
target_link_libraries(atoll_grpc_shared INTERFACE PkgConfig::GRPCPP protobuf::libprotobuf)
add_library(atoll_grpc_archives INTERFACE)
target_link_libraries(atoll_grpc_archives INTERFACE
  "$<LINK_GROUP:RESCAN,${archives}>" OpenSSL::SSL OpenSSL::Crypto cares re2 z Threads::Threads ${CMAKE_DL_LIBS} rt)
