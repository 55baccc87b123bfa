#include "runtime/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>

#include "io/json_writer.h"

namespace hc {

namespace {

// What was logged, as the fields of JSON that are not constant: `%*` in the pattern.
class JsonFields final : public spdlog::custom_flag_formatter {
 public:
  explicit JsonFields(NodeId self) : node_(name_of(self)) {}

  void format(const spdlog::details::log_msg& line, const std::tm&, spdlog::memory_buf_t& to) override {
    const auto level = spdlog::level::to_string_view(line.level);
    JsonWriter json;
    json.text("level", Bytes(level.data(), level.size())).text("node", node_);
    json.text("message", Bytes(line.payload.data(), line.payload.size()));
    const std::string text = json.end();
    to.append(text.data() + 1, text.data() + text.size());  // behind its '{': the time comes first
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonFields>(*this); }

 private:
  std::string node_;
};

std::unique_ptr<spdlog::formatter> formatter_of(const LogOptions& options, NodeId self) {
  if (options.format != "json") {
    return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%d %H:%M:%S.%e %^%l%$ " + name_of(self) + " %v");
  }
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonFields>('*', self).set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%*)");
  return formatter;
}

}  // namespace

std::expected<void, std::string> open_log(const LogOptions& options, NodeId self) {
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(options.file, ignored).parent_path();
  if (!options.file.empty() && !std::filesystem::is_directory(folder, ignored)) {
    return std::unexpected("--log-file: value '" + options.file + "': there is no folder '" + folder.string() +
                           "': make it, or name another file");
  }
  try {
    auto logger =
        options.file.empty() ? spdlog::stderr_color_mt("node") : spdlog::basic_logger_mt("node", options.file);
    logger->set_formatter(formatter_of(options, self));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected("--log-file: value '" + options.file + "': cannot be written (" + error.what() +
                           "): name a file in a folder that is there, or leave it out for standard error");
  }
  set_log_level(options.level);
  return {};
}

void set_log_level(std::string_view word) {
  const std::string_view ours = word == "verbose" ? "debug" : word == "notice" ? "info" : word;
  spdlog::set_level(spdlog::level::from_str(std::string(ours)));
}

}  // namespace hc
