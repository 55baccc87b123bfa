# Where replicas should be: small examples, and the figures of balance and movement for every size up to 100.
hc_test(ring_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/view/ring_test.cc USES core_view LABELS props)
