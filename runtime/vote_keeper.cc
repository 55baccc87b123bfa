#include "runtime/vote_keeper.h"

#include <utility>

namespace hc {

VoteKeeper::VoteKeeper(Loop& loop, DataFolder& folder, std::function<void(const std::string&)> failed)
    : loop_(loop), folder_(folder), failed_(std::move(failed)) {
  work_.data = this;
}

void VoteKeeper::store(const StoreVote& vote) {
  if (now_)
    next_ = vote;
  else
    begin(vote);
}

void VoteKeeper::begin(StoreVote vote) {
  now_ = std::move(vote);
  uv_queue_work(
      loop_.uv(), &work_,
      [](uv_work_t* work) {
        auto* self = static_cast<VoteKeeper*>(work->data);
        const auto result = self->folder_.write_vote(self->encoder_.encode(self->now_->record));
        if (!result) self->error_ = result.error();
      },
      [](uv_work_t* work, int) { static_cast<VoteKeeper*>(work->data)->done(); });
}

void VoteKeeper::done() {
  if (error_) {
    if (!closing_) failed_("the vote could not be made durable: " + *error_);
    return;
  }
  const std::uint64_t id = now_->id;
  now_.reset();
  if (next_) begin(*std::exchange(next_, std::nullopt));
  if (!closing_) host_->happened(VoteStored{id});
}

}  // namespace hc
