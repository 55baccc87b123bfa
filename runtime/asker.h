// Whoever puts commands to the node and waits for replies: a client connection, under whatever protocol it speaks.
#pragma once

#include "core/base/ids.h"
#include "core/base/reply.h"

namespace hc {

class Asker {
 public:
  // The reply may borrow: it is good until this returns. Must not step the node.
  virtual void answered(RequestId request, const Reply& reply) = 0;
  // The turn ends: send what was gathered.
  virtual void send_gathered() = 0;
  // What it listens to said something. Must not step the node.
  virtual void pushed(const Reply& message) = 0;

 protected:
  ~Asker() = default;
};

}  // namespace hc
