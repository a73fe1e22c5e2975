"""What the explorer is started with does there what was recorded."""

import pytest

from docs._ext.machines.starting import (
    OF_KIND,
    calls_on,
    function_of,
    of_pair,
    of_recording,
    to_error,
    walks_of,
)
from evidence import errors, machines, runs, sharing
from evidence.calls import is_errno

RUNS = sorted(runs.run_ids())


@pytest.mark.parametrize("run", RUNS)
def test_walk_of_a_recording_has_its_outcomes(run):
    recording = runs.load_run(run)
    for socket, walk in walks_of(recording).items():
        mine = [
            step for step in walk.steps() if walk.machine.inputs[step.given].by == "you"
        ]
        seen = [step.error for step in calls_on(recording, socket)]
        gives = [one.outcome if is_errno(one.outcome) else None for one in mine]
        assert gives == [error if error and is_errno(error) else None for error in seen]


def test_option_that_the_machine_has_not_gives_no_walk():
    recording = runs.load_run("apis.create_server_options")
    assert "SO_REUSEPORT" in str(list(calls_on(recording, "first")))
    assert of_recording(recording, "first") is None


def fewest(machine, call, errno):
    """How many inputs it takes until a call fails so, or None: in breadth."""
    states, seen, depth = {machine.start}, set(), 1
    while states:
        here = [step for step in machine.rows if step.state in states]
        if any(
            step.outcome == errno
            and function_of(machine.inputs[step.given].call) == call
            for step in here
        ):
            return depth
        seen |= states
        states = {step.after for step in here} - seen
        depth += 1
    return None


def test_walk_to_an_error_is_the_shortest():
    found = 0
    for way in errors.load().rows:
        for kind in (one for one in way.sockets if one in OF_KIND):
            walk = to_error(kind, way.call, way.errno)
            machine = machines.load(f"{OF_KIND[kind]}-full")
            least = fewest(machine, function_of(way.call), way.errno)
            assert (len(walk.inputs) if walk else None) == least
            if walk:
                found += 1
                assert walk.steps()[-1].outcome == way.errno
    assert found > 100


def test_error_that_no_machine_knows_has_no_walk():
    assert to_error("TCP/IPv4", "bind", "EMFILE") is None
    assert to_error("UDP/IPv6", "bind", "EINVAL") is None


def test_walk_of_a_pair_ends_as_the_pair_did():
    found = 0
    for pair, mark in sharing.load().by_pair.items():
        if walk := of_pair(pair):
            found += 1
            last = walk.steps()[-1]
            assert (last.outcome == "ok") == (mark != sharing.IN_USE), pair
    assert found == 13  # TCP and TCP over IPv6: six each; UDP: one
