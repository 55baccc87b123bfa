// HTTP/1.0 and 1.1: bytes -> requests (by llhttp), responses -> bytes. What a request means, io/http_api knows.
//
// Requests are read one after the other, so pipelining is: answer in order. Limits: a head of 64 KiB (431), a body of
// 512 MiB (413). Protocol upgrades are not taken: the request is read as if it did not ask for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

inline constexpr std::size_t kHttpHeadBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kHttpBodyBytesMax = std::size_t{512} * 1024 * 1024;
inline constexpr Bytes kHttpContinue = "HTTP/1.1 100 Continue\r\n\r\n";

enum class HttpMethod : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOther };

struct HttpRequest {
  HttpMethod method = HttpMethod::kOther;
  std::string target;                                        // as it came: path, and query after '?'
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  bool has_length = false;  // the request said how long its body is, or sent it in chunks
  bool keep_alive = false;  // another request may follow on this connection

  Bytes path() const;              // also of a target that names the host, as for a proxy: "http://host/path"
  Bytes query() const;             // without '?'; empty if there is none
  Bytes header(Bytes name) const;  // the first of this (lower case) name; empty if there is none
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // besides content-type, content-length, connection
};

// Appends the response. With `head_only` (HEAD) the body is left out, its length not.
void write_http(const HttpResponse& response, bool keep_alive, bool head_only, std::string& out);

class HttpParser {
 public:
  enum class Outcome : std::uint8_t {
    kNeedMore,  // every byte was taken
    kContinue,  // the head is complete and its sender waits for leave to send the body: send kHttpContinue (or refuse)
    kRequest,   // request() is complete; it is good until the next call
    kError,     // send error() and close; nothing more can be read
  };

  HttpParser();
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  // Takes bytes from the start of `bytes`; the caller drops the first `consumed` and calls again with the rest (after
  // kNeedMore there is no rest). After a request without keep_alive nothing more may be given.
  Outcome next(Bytes bytes, std::size_t& consumed);
  HttpRequest& request();
  const HttpResponse& error() const;
  // Nothing of a request has come since the last one: the connection may be closed without harm.
  bool idle() const;
  // Bytes of memory for the body, as far as it has come.
  std::size_t held() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// What HTTP says of a status: "Not Found".
Bytes http_reason(int status);

}  // namespace hc
