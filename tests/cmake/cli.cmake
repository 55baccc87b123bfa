# hypercache-cli: what it shows. What it asks and does is tests/system/cli_test.py.
hc_test(cli_text_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/cli/text_test.cc USES cli_parts LABELS unit)
