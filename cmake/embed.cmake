# weft_embed(<target> <glob>...): the files' bytes as a C++ source that fulfils src/base/embedded.h.
function(weft_embed name)
  set(globs ${ARGN})
  list(TRANSFORM globs PREPEND ${PROJECT_SOURCE_DIR}/)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${globs})
  list(SORT files)
  set(output ${PROJECT_BINARY_DIR}/generated/embedded.cpp)
  find_program(PYTHON3 NAMES python3 REQUIRED)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${PYTHON3} ${PROJECT_SOURCE_DIR}/tools/embed.py ${output} ${files}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/tools/embed.py
    COMMENT "Embedding migrations and the API's description"
    VERBATIM)
  add_library(${name} STATIC ${output})
  target_link_libraries(${name} PUBLIC weft_settings)
endfunction()
