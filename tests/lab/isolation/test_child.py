"""What a child returns, raises or leaves undone comes back to who asked for it."""

import errno
import os
import signal
from pathlib import Path

import pytest

from lab.isolation import child, namespace

needs = pytest.mark.needs


def add(one: int, two: int) -> int:
    return one + two


def refused() -> None:
    raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def left() -> None:
    os._exit(3)


def stuck() -> None:
    signal.pause()


def network(_job: int) -> tuple[int, str]:
    return os.getpid(), str(Path("/proc/self/ns/net").readlink())


@pytest.mark.parametrize("run", [child.run, child.run_fresh])
def test_result_comes_back(run):
    assert run(add, 2, 3) == 5
    assert run(os.getpid) != os.getpid()


@pytest.mark.parametrize("run", [child.run, child.run_fresh])
def test_exception_comes_back_with_where_it_was_raised(run):
    with pytest.raises(ConnectionRefusedError, match="refused") as caught:
        run(refused)
    assert caught.value.errno == errno.ECONNREFUSED
    assert "in refused" in "\n".join(caught.value.__notes__)


@pytest.mark.parametrize(
    ("function", "said"),
    [(killed, "ended with signal SIGKILL"), (left, "ended with status 3")],
)
def test_dead_child_is_described(function, said):
    with pytest.raises(child.ChildFailed, match=said):
        child.run(function)


def test_dead_interpreter_is_a_failure():
    with pytest.raises(child.ChildFailed):
        child.run_fresh(left)


def test_child_that_does_not_end_is_killed():
    forked = child.fork(stuck)
    with pytest.raises(child.ChildFailed, match=r"still running after 0.01 s"):
        forked.result(0.01)
    with pytest.raises(ChildProcessError):
        os.waitpid(forked.pid, 0)


def test_several_run_side_by_side():
    forked = [child.fork(add, n, n) for n in range(4)]
    assert [one.result() for one in reversed(forked)] == [6, 4, 2, 0]


def test_result_that_cannot_travel_says_so():
    with pytest.raises(child.ChildFailed, match="lambda"):
        child.run(lambda: lambda: None)


def test_what_a_fresh_interpreter_prints_is_not_its_result():
    assert child.run_fresh(print, "words") is None


@needs("private_net")
def test_each_job_is_in_a_network_of_its_process():
    done = child.run_each(network, range(8))
    assert len(done) == 8
    networks = dict(done)
    assert all(networks[pid] == net for pid, net in done)
    assert len(set(networks.values())) == len(networks) <= child.PROCESSES
    assert str(Path("/proc/self/ns/net").readlink()) not in networks.values()


def test_jobs_without_a_network_are_refused(monkeypatch):
    monkeypatch.setattr(namespace, "abilities", lambda: {"private_net": "said no"})
    with pytest.raises(namespace.Missing, match="said no"):
        child.run_each(network, [1])
