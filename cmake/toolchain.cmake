# How we compile and link: hardening, warnings, sanitizers, ccache, mold. No names of ours.

add_compile_options(-fPIE -fno-omit-frame-pointer -fstack-protector-strong -fdiagnostics-color=auto)
add_link_options(-pie -Wl,--as-needed -Wl,-z,relro,-z,now)

# The build folder can be moved as a whole: libraries lie beside the binary.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN")

if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# A precompiled header is cached only with this sloppiness; base_dir lets another checkout use the same cache.
find_program(CCACHE ccache)
if(CCACHE)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
  foreach(language C CXX)
    set(CMAKE_${language}_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  endforeach()
endif()

add_library(weft_warnings INTERFACE)
# No -Wpedantic: TRY is a statement expression.
target_compile_options(weft_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wunused
  -Wconversion -Wno-sign-conversion -Wnull-dereference -Wimplicit-fallthrough -Wextra-semi -Wlogical-op
  -Wduplicated-cond -Wduplicated-branches -Wno-missing-field-initializers)
# Known to be wrong at times in g++ 12 and 14 once it inlines std::expected, std::variant and std::string.
target_compile_options(weft_warnings INTERFACE
  -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
  -Wno-array-bounds -Wno-dangling-reference)
# g++ 12 is the one that judges. A later one warns of more (a TRY inside a TRY "shadows"), which is to be read, not to stop.
if(WEFT_WARNINGS_AS_ERRORS AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(weft_warnings INTERFACE -Werror)
elseif(WEFT_WARNINGS_AS_ERRORS)
  target_compile_options(weft_warnings INTERFACE -Wno-shadow)
endif()
