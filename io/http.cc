#include "io/http.h"

#include <llhttp.h>

#include "io/http_api.h"

namespace hc {
namespace {

constexpr std::size_t kHeaderBytesFixed = 4;  // ": " and the line's end
constexpr std::size_t kBodyKept = std::size_t{64} * 1024;

HttpMethod method_of(std::uint8_t method) {
  switch (method) {
    case HTTP_GET:
      return HttpMethod::kGet;
    case HTTP_HEAD:
      return HttpMethod::kHead;
    case HTTP_POST:
      return HttpMethod::kPost;
    case HTTP_PUT:
      return HttpMethod::kPut;
    case HTTP_DELETE:
      return HttpMethod::kDelete;
    default:
      return HttpMethod::kOther;
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace

Bytes HttpRequest::path() const {
  const Bytes path = Bytes(target).substr(0, target.find('?'));
  for (const Bytes scheme : {"http://", "https://"}) {
    if (!same_text(path.substr(0, scheme.size()), scheme)) continue;
    const std::size_t slash = path.find('/', scheme.size());
    return slash == Bytes::npos ? "/" : path.substr(slash);
  }
  return path;
}

Bytes HttpRequest::query() const {
  const std::size_t at = target.find('?');
  return at == std::string::npos ? Bytes() : Bytes(target).substr(at + 1);
}

Bytes HttpRequest::header(Bytes name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

struct HttpParser::Inside {
  llhttp_t parser;
  llhttp_settings_t settings;
  HttpRequest request;
  HttpResponse error;
  std::size_t head_bytes = 0;
  bool begun = false, in_body = false, complete = false, failed = false;

  static Inside& of(llhttp_t* p) { return *static_cast<Inside*>(p->data); }

  Inside() {
    llhttp_settings_init(&settings);
    settings.on_message_begin = [](llhttp_t* p) { return of(p).begin(); };
    settings.on_url = [](llhttp_t* p, const char* at, std::size_t n) { return of(p).url({at, n}); };
    settings.on_header_field = [](llhttp_t* p, const char* at, std::size_t n) { return of(p).field({at, n}); };
    settings.on_header_value = [](llhttp_t* p, const char* at, std::size_t n) { return of(p).value({at, n}); };
    settings.on_header_value_complete = [](llhttp_t* p) { return of(p).field_ended(); };
    settings.on_headers_complete = [](llhttp_t* p) { return of(p).head_ended(); };
    settings.on_body = [](llhttp_t* p, const char* at, std::size_t n) { return of(p).body({at, n}); };
    settings.on_message_complete = [](llhttp_t* p) { return of(p).ended(); };
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = this;
  }

  int fail(int status, Bytes text, Bytes reason) {
    failed = true;
    error = http_error(status, text, reason);
    return HPE_USER;
  }

  int begin() {
    std::string body = std::move(request.body);
    if (body.capacity() > kBodyKept) body = {};
    body.clear();
    request = {};
    request.body = std::move(body);
    request.headers.clear();
    begun = true;
    head_bytes = 0;
    in_body = false;
    between_headers_ = true;
    return 0;
  }

  int grow_head(std::size_t bytes) {
    head_bytes += bytes;
    if (head_bytes <= kHttpHeadBytesMax) return 0;
    return fail(431, "the request's head exceeds 64 KiB", "HEAD_TOO_LARGE");
  }

  int url(Bytes piece) {
    if (const int wrong = grow_head(piece.size())) return wrong;
    request.target.append(piece);
    return 0;
  }

  // Fields after the body (trailers) count and are dropped.
  int field(Bytes piece) {
    if (const int wrong = grow_head(piece.size())) return wrong;
    if (in_body) return 0;
    if (std::exchange(between_headers_, false)) request.headers.emplace_back();
    for (const char c : piece) request.headers.back().first.push_back(lower(c));
    return 0;
  }
  int value(Bytes piece) {
    if (const int wrong = grow_head(piece.size())) return wrong;
    if (!in_body && !request.headers.empty()) request.headers.back().second.append(piece);
    return 0;
  }
  int field_ended() {
    between_headers_ = true;
    if (!in_body && !request.headers.empty()) {
      std::string& value = request.headers.back().second;
      value.erase(value.find_last_not_of(" \t") + 1);
    }
    return grow_head(kHeaderBytesFixed);
  }

  int head_ended() {
    in_body = true;
    parser.upgrade = 0;
    request.method = method_of(parser.method);
    request.keep_alive = llhttp_should_keep_alive(&parser) != 0;
    request.has_length = (parser.flags & (F_CONTENT_LENGTH | F_CHUNKED)) != 0;
    if ((parser.flags & F_CONTENT_LENGTH) && parser.content_length > kHttpBodyBytesMax)
      return fail(413, "the body exceeds 512 MiB", "BODY_TOO_LARGE");
    const Bytes expected = request.header("expect");
    if (expected.empty()) return 0;
    if (!same_text(expected, "100-continue"))
      return fail(417, "only 100-continue can be expected", "EXPECTATION_FAILED");
    if (parser.http_minor == 0 || !request.has_length) return 0;
    return HPE_PAUSED;
  }

  int body(Bytes piece) {
    if (request.body.size() + piece.size() > kHttpBodyBytesMax)
      return fail(413, "the body exceeds 512 MiB", "BODY_TOO_LARGE");
    request.body.append(piece);
    return 0;
  }

  int ended() {
    complete = true;
    begun = false;
    return HPE_PAUSED;
  }

  Outcome malformed(llhttp_errno_t code) {
    if (failed) return Outcome::kError;
    failed = true;
    if (code == HPE_INVALID_METHOD) {
      error = http_error(405, "this method is unknown here", "METHOD_NOT_ALLOWED");
      error.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, DELETE");
    } else {
      const char* why = llhttp_get_error_reason(&parser);
      error = http_error(400, std::string("malformed HTTP request: ") + (why ? why : llhttp_errno_name(code)),
                         "BAD_REQUEST");
    }
    return Outcome::kError;
  }

 private:
  bool between_headers_ = true;
};

HttpParser::HttpParser() : inside_(std::make_unique<Inside>()) {}
HttpParser::~HttpParser() = default;
HttpRequest& HttpParser::request() { return inside_->request; }
const HttpResponse& HttpParser::error() const { return inside_->error; }
bool HttpParser::idle() const { return !inside_->begun; }

std::size_t HttpParser::held() const { return inside_->request.body.capacity(); }

HttpParser::Outcome HttpParser::next(Bytes bytes, std::size_t& consumed) {
  Inside& in = *inside_;
  consumed = 0;
  if (in.failed) return Outcome::kError;
  if (bytes.empty()) return Outcome::kNeedMore;
  in.complete = false;
  const llhttp_errno_t code = llhttp_execute(&in.parser, bytes.data(), bytes.size());
  if (code == HPE_OK) {
    consumed = bytes.size();
    return Outcome::kNeedMore;
  }
  if (code != HPE_PAUSED) return in.malformed(code);
  consumed = static_cast<std::size_t>(llhttp_get_error_pos(&in.parser) - bytes.data());
  llhttp_resume(&in.parser);
  return in.complete ? Outcome::kRequest : Outcome::kContinue;
}

Bytes http_reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

void write_http(const HttpResponse& response, bool keep_alive, bool head_only, std::string& out) {
  out += "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += http_reason(response.status);
  out += "\r\nContent-Type: " + response.content_type;
  out += "\r\nContent-Length: " + std::to_string(response.body.size());
  for (const auto& [name, value] : response.headers) out += "\r\n" + name + ": " + value;
  out += keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (!head_only) out += response.body;
}

}  // namespace hc
