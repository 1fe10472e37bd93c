# The sample configurations are accepted by the programs they are for:
#   cmake -DBIN=... -DCONFIG=... -P samples.cmake
function(check program)
  execute_process(COMMAND ${BIN}/${program} --check ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE complained)
  message(STATUS "${program} ${ARGN}: ${said}${complained}")
  if(NOT status EQUAL 0)
    message(SEND_ERROR "${program} refuses ${ARGN}")
  endif()
endfunction()

check(atoll-origin --config ${CONFIG}/origin.toml)
check(atoll-edge --config ${CONFIG}/edge.toml)
check(atoll-control --config ${CONFIG}/control.toml)
foreach(pop fra iad gru sin)
  check(atoll-edge --config ${CONFIG}/compose/edge.toml --pop ${pop})
endforeach()
