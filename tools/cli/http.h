// Asks members over HTTP, several at a time, by libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace hc::cli {

struct Door {  // where a member answers
  std::string host;
  std::uint16_t port = 0;
};
std::string to_string(const Door& door);  // "127.0.0.1:8080"

struct Request {
  Door door;
  std::string path;
  const char* method = "GET";
};
struct Response {
  int status = 0;  // of HTTP; 0: none came
  std::string body;
  std::string error;  // why none came
};

class Http {
 public:
  explicit Http(std::chrono::milliseconds patience);  // for each answer
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // All at once; the responses stand as the requests do.
  std::vector<Response> ask(const std::vector<Request>& requests);

 private:
  std::chrono::milliseconds patience_;
  void* multi_;  // CURLM; keeps connections open between calls
};

}  // namespace hc::cli
