# Who is told of what: the bus between members, and what is told of the cluster.
hc_test(events_test
  SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/events/bus_test.cc ${CMAKE_CURRENT_SOURCE_DIR}/events/news_test.cc
  USES core_sim_node
  LABELS unit)
