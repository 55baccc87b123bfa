"""What is done to a cluster of real processes, as data: each fault strikes one member and is healed again; each change
is planned, so that no command may fail under it. A further one is a class here and a line in FAULTS or CHANGES."""

import os
import struct
import time

import cluster

FREEZE_SECONDS = 2.0  # short: no member is taken out for that
CLOCK_JUMPS = (3600, -3600)  # seconds
WALL_CLOCK = os.environ.get("HC_WALL_CLOCK", "build/release/tests/wall_clock.so")


class Fault:
    """`takes_over`: others must take the victim's slots, and how long that lasts is measured. `wires`: it needs
    a network that can be cut."""

    name = ""
    takes_over = True
    wires = False
    environment = {}

    def prepare(self, members):
        """Before they start."""

    def strike(self, members, victim, network, turn):
        raise NotImplementedError

    def served(self, others, turn):
        """Those of the others through whom all must be served again."""
        return others

    def heal(self, members, victim, network):
        raise NotImplementedError


class Kill(Fault):
    """kill -9; the member returns in a new process."""

    name = "kill"

    def strike(self, members, victim, network, turn):
        members[victim].kill()

    def heal(self, members, victim, network):
        members.restart(victim)


class Freeze(Fault):
    """SIGSTOP until others have taken over; then SIGCONT, with commands waiting in its sockets."""

    name = "freeze"

    def strike(self, members, victim, network, turn):
        members[victim].freeze()

    def heal(self, members, victim, network):
        members[victim].thaw()


class ShortFreeze(Freeze):
    """SIGSTOP and SIGCONT within less time than a failover takes."""

    name = "short-freeze"
    takes_over = False

    def strike(self, members, victim, network, turn):
        members[victim].freeze()
        time.sleep(FREEZE_SECONDS)  # the fault itself
        members[victim].thaw()

    def heal(self, members, victim, network):
        pass


class Partition(Fault):
    """Nothing passes between the victim and the others."""

    name = "partition"
    wires = True

    def strike(self, members, victim, network, turn):
        others = set(members.nodes) - {victim}
        network.cut([victim], others)
        network.cut(others, [victim])

    def heal(self, members, victim, network):
        network.heal()


class Mute(Partition):
    """What the victim sends is lost; it hears the others."""

    name = "mute"

    def strike(self, members, victim, network, turn):
        network.cut([victim], set(members.nodes) - {victim})


class Deaf(Partition):
    """What is sent to the victim is lost; the others hear it."""

    name = "deaf"

    def strike(self, members, victim, network, turn):
        network.cut(set(members.nodes) - {victim}, [victim])


class Link(Partition):
    """Only what the victim sends to one other member is lost: everybody seems alive to somebody. That one hears nothing
    of what the victim goes on leading with others."""

    name = "link"

    def strike(self, members, victim, network, turn):
        others = sorted(set(members.nodes) - {victim})
        network.cut([victim], set(others) - set(self.served(others, turn)))

    def served(self, others, turn):
        dark = others[turn % len(others)]
        return [i for i in others if i != dark]


class ClockJump(Fault):
    """The victim's wall clock jumps by an hour, forth or back; its other clocks go on."""

    name = "clock"
    takes_over = False

    environment = {"LD_PRELOAD": os.path.abspath(WALL_CLOCK), "WALL_CLOCK_OFFSET": "../clock-{number}"}

    def prepare(self, members):
        for number in members.nodes:
            self._set(members, number, 0)

    def strike(self, members, victim, network, turn):
        self._jump(members, victim, CLOCK_JUMPS[turn % 2])

    def heal(self, members, victim, network):
        self._jump(members, victim, 0)

    def _jump(self, members, victim, offset):
        self._set(members, victim, offset)
        with members[victim].resp() as client:
            seen = int(client("TIME")[0]) - time.time()
        if abs(seen - offset) > 60:
            raise AssertionError(f"the clock of member {victim} is {seen:.0f} s off instead of {offset}: "
                                 f"is {WALL_CLOCK} there?")

    def _set(self, members, number, offset):
        path = os.path.join(members.root, f"clock-{number}")
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:  # never cut short: it is mapped
            file.write(struct.pack("=q", offset))


class Rolling:
    """SIGTERM, restart and wait for the whole, one member after the other."""

    name = "rolling"

    def change(self, members):
        for number in sorted(members.nodes):
            status = members[number].terminate(20.0)
            if status != 0:
                raise AssertionError(f"member {number} ended with {status} at SIGTERM:\n{members[number].log()}")
            members.restart(number)
            members.wait_whole()


class Join:
    """One more member, until all are in one view and every slot has all its copies."""

    name = "join"

    def change(self, members):
        members.add(max(members.nodes) + 1).wait_ready()
        members.wait_whole()


class Leave:
    """The last member leaves for good, until its process has ended and every slot has all its copies again."""

    name = "leave"

    def change(self, members):
        leaver = members.nodes[max(members.nodes)]
        with members[1].resp() as client:
            client("CLUSTER", "FORGET", max(members.nodes))
        status = leaver.child.wait(cluster.REBALANCED)
        if status != 0:
            raise AssertionError(f"the member that left ended with {status}:\n{leaver.log()}")
        del members.nodes[max(members.nodes)]
        members.wait_whole()


FAULTS = [Kill, Freeze, ShortFreeze, Partition, Mute, Deaf, Link, ClockJump]
CHANGES = [Rolling, Join, Leave]
