// Every command's function, by family; the table (command_table.cc) names them. Those with an Execution run on a slot's
// table, the others need none. Requires of each: the arity was checked.
#pragma once

#include "core/command/command.h"

namespace hc::command {

// strings.cc: whole values
Reply get(Args args, Execution& x);
Reply set(Args args, Execution& x);
Reply setnx(Args args, Execution& x);
Reply setex(Args args, Execution& x);
Reply psetex(Args args, Execution& x);
Reply getset(Args args, Execution& x);
Reply getdel(Args args, Execution& x);
Reply getex(Args args, Execution& x);
Reply mget(Args args, Execution& x);
Reply mset(Args args, Execution& x);
Reply msetnx(Args args, Execution& x);

// ranges.cc: parts of values
Reply append(Args args, Execution& x);
Reply strlen(Args args, Execution& x);
Reply getrange(Args args, Execution& x);
Reply setrange(Args args, Execution& x);

// bits.cc
Reply getbit(Args args, Execution& x);
Reply setbit(Args args, Execution& x);

// lcs.cc
Reply lcs(Args args, Execution& x);

// counters.cc
Reply incr(Args args, Execution& x);
Reply decr(Args args, Execution& x);
Reply incrby(Args args, Execution& x);
Reply decrby(Args args, Execution& x);
Reply incrbyfloat(Args args, Execution& x);

// expiry.cc
Reply expire(Args args, Execution& x);
Reply pexpire(Args args, Execution& x);
Reply expireat(Args args, Execution& x);
Reply pexpireat(Args args, Execution& x);
Reply ttl(Args args, Execution& x);
Reply pttl(Args args, Execution& x);
Reply expiretime(Args args, Execution& x);
Reply pexpiretime(Args args, Execution& x);
Reply persist(Args args, Execution& x);

// keyspace.cc
Reply del(Args args, Execution& x);
Reply exists(Args args, Execution& x);
Reply touch(Args args, Execution& x);
Reply type(Args args, Execution& x);
Reply keys(Args args, Execution& x);
Reply scan(Args args, Execution& x);
Reply dbsize(Args args, Execution& x);
Reply randomkey(Args args, Execution& x);
Reply flush(Args args, Execution& x);
std::optional<Reply> check_flush(Args args);

// cuckoo.cc: filters
Reply cf_reserve(Args args, Execution& x);
Reply cf_add(Args args, Execution& x);
Reply cf_addnx(Args args, Execution& x);
Reply cf_insert(Args args, Execution& x);
Reply cf_insertnx(Args args, Execution& x);
Reply cf_exists(Args args, Execution& x);
Reply cf_mexists(Args args, Execution& x);
Reply cf_del(Args args, Execution& x);
Reply cf_count(Args args, Execution& x);
Reply cf_info(Args args, Execution& x);

// key_filter.cc
Reply filter_check(Args args, Execution& x);

// renaming.cc
Reply rename(Args args, Execution& x);
Reply renamenx(Args args, Execution& x);
Reply copy(Args args, Execution& x);
Reply move(Args args, Execution& x);

// dumping.cc
Reply dump(Args args, Execution& x);
Reply restore(Args args, Execution& x);

// object.cc
Reply object(Args args, Execution& x);
Reply memory(Args args, Execution& x);

// server.cc: no table
Reply ping(Args args);
Reply echo(Args args);
Reply time(Args args, WallTime now);

// introspection.cc: COMMAND
Reply describe_commands(Args args);

}  // namespace hc::command
