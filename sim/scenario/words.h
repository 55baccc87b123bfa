// The verbs of a scenario: what each line of a script does on the stage, and what a reader is shown of it.
//
//   cluster [nodes=3] [spares=0] [slots=1] [rf=2] [lease=1s] [drift=10] [patience=2.5s] [deadline=5s]
//           [min-in-sync=1] [slot-loss=reset|wait] [voters=5] [chunk=BYTES] [backlog=BYTES] [delay=1ms] [disk=1ms]
//           [log=always|everysec|no] [snapshot=BYTES]
//           [maxmemory=BYTES] [policy=noeviction|allkeys-lru|…] [key-filter=PPM] [notices=KEA]
//           [founding=together|first] [skew=0ms] [seed=1] [speaks=VERSION] [unstarted] [strangers]
//                             sets the stage; if not unstarted, starts all and waits until the slots are where the
//                             ring wants them. Times count from its end. strangers: there will be two clusters
//   ask N [as=NAME] [within=10s] COMMAND      waits for the reply
//   send N [as=NAME] COMMAND                  does not; the reply is told when it comes
//   run for=D | run until=U [within=10s]      U: settled, served, served-by:N, view, view:EPOCH, replies, held, ended:N
//   start N [founds] [joins=N,M] [speaks=VERSION]
//   crash N [power]
//   stop N
//   pause N
//   resume N
//   wipe N
//   keep-disk N
//   put-back N
//   leave N at=M              an operator tells M that N shall leave the cluster for good
//   force N left=N,M [accept-data-loss]
//                             an operator tells N who is left of the cluster
//   accept-loss N [SLOT …]    an operator tells N that what is lost, of these slots or of all, is to be done without
//   diverge N KEY             its value becomes another one at N alone, as by a fault in the program
//   cut A B | cut A->B | cut A C \| B
//                             A, B: members, `clients`, names of callers
//   mend                      as for cut
//   hold A->B [KIND]          everything from A to B waits, from the next message of that kind on
//   let-go A->B
//   break A B                 their connections break; what is on its way is lost
//   memory N BYTES            what its limit is from now on; 0: none
//   slow N D
//   slow-disk N D
//   fail-[log-]fsync N
//   fill-disk N
//   free-disk N
//   clock N +5%
//   wall N +300ms
//   weather [loss=P%] [late-duplicates=P%]
//   show view | show slot S | show members | show compared
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/scenario/script.h"
#include "sim/scenario/stage.h"

namespace hc::sim::scenario {

class Story {
 public:
  explicit Story(bool trace) : trace_(trace) {}
  // What is shown. Throws Mistake, Objection.
  std::string tell(const Directive& d);
  // The last words: judges what the callers saw.
  void end();
  // What happened before somebody objected.
  std::string unfinished();

 private:
  using Ways = std::vector<std::pair<Endpoint, Endpoint>>;

  std::string cluster(const Directive& d);
  std::string ask(const Directive& d);
  std::string send(const Directive& d);
  std::string run(const Directive& d);
  std::string start(const Directive& d);
  std::string process(const Directive& d);
  std::string leave(const Directive& d);
  std::string force(const Directive& d);
  std::string accept_loss(const Directive& d);
  std::string diverge(const Directive& d);
  std::string cut(const Directive& d);
  std::string mend(const Directive& d);
  std::string hold(const Directive& d);
  std::string break_off(const Directive& d);
  std::string disturb(const Directive& d);
  std::string weather(const Directive& d);
  std::string show(const Directive& d);

  Stage& stage(const Directive& d);
  std::uint32_t member(const Directive& d, const std::string& text);
  Endpoint endpoint(const Directive& d, const std::string& text);
  Ways ways(const Directive& d);
  std::size_t call(const Directive& d, Duration& within, bool awaited);
  std::function<bool()> until(const Directive& d, const std::string& what);
  std::string show_slot(Slot slot);
  std::string show_members();
  std::string show_compared();

  const bool trace_;
  std::unique_ptr<Stage> stage_;
  Ways cuts_;
  std::map<std::uint32_t, std::string> kept_disks_;
};

}  // namespace hc::sim::scenario
