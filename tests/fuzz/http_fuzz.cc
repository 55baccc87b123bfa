// Any bytes as HTTP requests: read whole or in pieces they are the same, each gets an answer, and nothing breaks.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "io/http.h"
#include "io/http_api.h"

namespace hc {
namespace {

// What a request means, as text.
std::string meaning(HttpRequest& request) {
  HttpCall call = translate(request);
  if (const auto* response = std::get_if<HttpResponse>(&call)) {
    HC_CHECK(response->status >= 400, "an answer at once that is no error");
    std::string text;
    write_http(*response, request.keep_alive, false, text);
    return text;
  }
  if (const auto* cache = std::get_if<CacheCall>(&call)) {
    std::string text;
    for (const std::string& word : cache->args) text += word + "\n";
    return text;
  }
  return "page";
}

std::vector<std::string> hear(Bytes input, std::size_t piece) {
  HttpParser parser;
  std::vector<std::string> heard;
  std::size_t begin = 0, end = 0;
  while (end < input.size()) {
    end = std::min(input.size(), end + piece);
    for (;;) {
      std::size_t consumed = 0;
      const auto outcome = parser.next(input.substr(begin, end - begin), consumed);
      HC_CHECK(consumed <= end - begin, "more was consumed than given");
      begin += consumed;
      if (outcome == HttpParser::Outcome::kError) {
        HC_CHECK(parser.error().status >= 400, "an error without a status");
        heard.push_back("error " + std::to_string(parser.error().status) + " " + parser.error().body);
        return heard;
      }
      if (outcome == HttpParser::Outcome::kNeedMore) break;
      if (outcome == HttpParser::Outcome::kContinue) continue;
      const bool last = !parser.request().keep_alive;
      heard.push_back(meaning(parser.request()));
      if (last) return heard;
    }
  }
  return heard;
}

}  // namespace
}  // namespace hc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hc::Bytes input(reinterpret_cast<const char*>(data), size);
  const auto whole = hc::hear(input, std::max<std::size_t>(size, 1));
  const std::size_t piece = size == 0 ? 1 : 1 + data[size / 2] % 7;
  HC_CHECK(hc::hear(input, piece) == whole, "in pieces it reads otherwise");
  return 0;
}
