// For all logs, and wherever they are cut: what is read is a beginning of what was written, with all that was
// acknowledged and durable; or, if the log says that more was durable, an error that names the place. No byte of a log
// becomes another unseen.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "props/written_log.h"

namespace hc {
namespace {

std::string words(Place place) { return std::to_string(place.first) + ":" + std::to_string(place.second); }

// The file is cut there, or gone if nothing is left of it and `nameless`; the segments behind it, up to `last`, stand
// there. Empty, or what is wrong.
std::string judge(const WrittenLog& log, Place place, std::uint64_t last, bool nameless = false) {
  Files files;
  for (const auto& [number, file] : log.files())
    if (number <= last) files[number] = number == place.first ? file.substr(0, place.second) : file;
  if (nameless) files.erase(place.first);
  Log reading(log.config());
  const Recovered r = recover(files, log.first(), reading);
  const Place said = log.said_durable(place, last);
  const std::string where = "cut at " + words(place) + " of " + std::to_string(last) + ": ";
  if (place < said) {
    if (r.error.empty()) return where + "read, though it was durable to " + words(said);
    return r.error.find("log/") == std::string::npos ? where + "names no file: " + r.error : "";
  }
  if (!r.error.empty()) return where + r.error;
  if (r.held != log.until(place)) return where + "not what was written";
  bool lawful = true;  // a loss of power may do it
  for (const auto& [number, file] : log.files())
    lawful = lawful && (number < place.first || log.durable(number) <= (number == place.first ? place.second
                                                                        : number <= last      ? file.size()
                                                                                              : 0));
  return lawful && !log.has_acknowledged(r.held) ? where + "what was acknowledged is gone" : "";
}

// Everywhere, with nothing behind and with all behind.
std::string judge_all(const WrittenLog& log) {
  const std::uint64_t end = log.files().rbegin()->first;
  for (const auto& [number, file] : log.files())
    for (std::uint64_t at = 0; at <= file.size(); ++at)
      for (const std::uint64_t last : {number, end})
        for (const bool nameless : {false, true}) {
          if ((nameless && at > 0) || (at == file.size() && last != number)) continue;
          if (auto wrong = judge(log, {number, at}, last, nameless); !wrong.empty()) return wrong;
        }
  return {};
}

std::string judge_flips(const WrittenLog& log) {
  Files files = log.files();
  for (auto& [number, file] : files)
    for (std::uint64_t at = 0; at < file.size(); ++at)
      for (const int flip : {1, 0x80, 0xff}) {
        const char was = std::exchange(file[at], static_cast<char>(file[at] ^ flip));
        Log reading(log.config());
        if (recover(files, log.first(), reading).error.empty()) return "another byte at " + words({number, at});
        file[at] = was;
      }
  return {};
}

struct Step {
  int what = 0;
  std::uint32_t slot = 0, key = 0, size = 0;
};
void showValue(const Step& s, std::ostream& os) {
  os << "{" << s.what << ", " << s.slot << ", " << s.key << ", " << s.size << "}";
}

// What a loss of power may leave: of each file what is durable, and some of what is not.
Files some_left(const WrittenLog& log, std::uint32_t choice) {
  Files left;
  for (const auto& [number, file] : log.files()) {
    const std::uint64_t durable = log.durable(number);
    const std::uint64_t size = durable + (file.size() - durable) * (choice % 5) / 4;
    if (size > 0) left[number] = file.substr(0, size);
    choice /= 5;
  }
  return left;
}

std::string take(WrittenLog& log, const Step& s) {
  const std::string key = "k" + std::to_string(s.key);
  if (s.what < 40) log.put(s.slot, key, std::string(s.size, static_cast<char>('a' + s.key)));
  if (s.what >= 40 && s.what < 50) log.erase(s.slot, key);
  if (s.what >= 50 && s.what < 75) log.turn();
  if (s.what >= 75 && s.what < 82) log.sync_done();
  if (s.what >= 82 && s.what < 85) log.want_snapshot();
  if (s.what >= 85 && s.what < 94) log.say_some();
  if (s.what == 94) log.close();
  if (s.what == 95 || s.what == 96) return log.restart(std::nullopt);
  if (s.what >= 97) return log.restart(some_left(log, s.size * 31 + s.key));
  return {};
}

RC_GTEST_PROP(LogFiles, WhereverTheyAreCutALegalStateIsRead, ()) {
  const auto policy = *rc::gen::element(Fsync::kAlways, Fsync::kEverySecond, Fsync::kNo);
  WrittenLog log(policy, *rc::gen::element<std::size_t>(100U, 300U, 2000U));
  const auto steps = *rc::gen::scale(
      2.0,
      rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
          rc::gen::set(&Step::what, rc::gen::inRange(0, 100)), rc::gen::set(&Step::slot, rc::gen::inRange(0U, 3U)),
          rc::gen::set(&Step::key, rc::gen::inRange(0U, 5U)), rc::gen::set(&Step::size, rc::gen::inRange(0U, 120U)))));
  for (const Step& step : steps) {
    const std::string wrong = take(log, step);
    if (!wrong.empty()) RC_FAIL(wrong);
  }
  log.turn();
  const std::string wrong = judge_all(log);
  if (!wrong.empty()) RC_FAIL(wrong);
}

// A story with all that there is, judged after each step.
class SmallLog : public testing::TestWithParam<Fsync> {};
INSTANTIATE_TEST_SUITE_P(AllPolicies, SmallLog, testing::Values(Fsync::kAlways, Fsync::kEverySecond, Fsync::kNo));

TEST_P(SmallLog, EveryCutAtEveryMomentRecoversAndEveryFlippedByteIsSeen) {
  WrittenLog log(GetParam(), 150);
  std::uint64_t segments = 0;
  const auto judged = [&] {
    ASSERT_EQ(judge_all(log), "");
    segments = std::max(segments, log.files().rbegin()->first);
  };
  const auto writes = [&](std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) {
      log.put(i % WrittenLog::kSlots, "k" + std::to_string(i % 4), std::string(i * 3, 'x'));
      if (i % 3 == 1) log.erase((i + 1) % WrittenLog::kSlots, "k" + std::to_string(i % 4));
      if (i % 2 == 0) log.turn();
      if (i % 5 == 4) log.sync_done();
      judged();
    }
  };
  writes(0, 12);
  ASSERT_EQ(judge_flips(log), "");
  ASSERT_EQ(log.restart(std::nullopt), "");
  log.turn();
  judged();
  log.sync_done();
  log.turn();
  writes(12, 18);
  log.sync_done();
  log.want_snapshot();
  log.turn();
  for (std::uint32_t i = 18; i < 26; ++i) {
    log.say_some();
    writes(i, i + 1);
  }
  log.turn();
  log.turn();
  judged();
  ASSERT_GT(log.first(), 1U) << "the snapshot was kept";
  writes(26, 32);
  ASSERT_EQ(judge_flips(log), "");
  ASSERT_EQ(log.restart(some_left(log, 7)), "");
  log.sync_done();
  log.turn();
  writes(32, 36);
  log.close();
  log.turn();
  judged();
  ASSERT_EQ(judge_flips(log), "");
  EXPECT_GT(segments, 5U);
}

}  // namespace
}  // namespace hc
