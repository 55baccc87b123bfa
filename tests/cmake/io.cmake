# Bytes and core types: RESP (beside redis-server where there is one), peer frames, gossip, vote file, log, HTTP.
hc_test(resp_test
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io/resp_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/io/resp_redis_test.cc
  USES io
  LABELS unit)
hc_test(log_codec_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io/log_codec_test.cc USES io core_store LABELS unit)
hc_test(log_reader_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io/log_reader_test.cc USES io LABELS unit)
hc_test(codec_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io/codec_test.cc USES io LABELS unit)
hc_test(exposition_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io/exposition_test.cc USES io LABELS unit)
hc_test(http_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/io/http_test.cc USES io LABELS unit)
