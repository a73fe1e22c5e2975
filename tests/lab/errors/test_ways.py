"""How ways to errors are written: each in the file of its call, with all its words."""

import re

import pytest

from evidence import errors, sources
from evidence.calls import FAIL
from lab.errors import registry, ways

HEAD = """from lab.errors.kit import TCP, TCP4, UDP, Kit
from lab.errors.registry import cure, provokes

"""
EVERY = ways.every()


def test_there_are_many_ways():
    assert len(EVERY) >= 150
    assert {way.call for way in EVERY.values()} == set(FAIL)


@pytest.mark.parametrize("name", EVERY)
def test_failing_call_decides_the_file(name):
    way = EVERY[name]
    assert way.call in errors.FILES[way.file]
    assert way.provocation.function.__module__ == f"lab.errors.{way.file}"
    assert way.provocation.function.__name__ == name


def test_every_call_that_can_fail_has_one_file_or_parts_of_one():
    for call in FAIL:
        files = [file for file, calls in errors.FILES.items() if call in calls]
        assert files, f"evidence/errors.py, FILES: say where {call}() fails"
        assert all(file.startswith(files[0]) for file in files)


def test_no_file_with_ways_is_left_out():
    folder = sources.CODE / "lab" / "errors"
    with_ways = {
        path.stem
        for path in folder.glob("*.py")
        if "\n@provokes(" in path.read_text(encoding="utf-8")
    }
    assert with_ways == set(errors.FILES), "evidence/errors.py, FILES: name each file"


@pytest.mark.parametrize("name", EVERY)
def test_sentences_are_sentences(name):
    way = EVERY[name]
    assert re.fullmatch(r"[A-Z`].*\.", way.cause)
    assert re.fullmatch(r"[A-Z`].*[.?]", way.provocation.cure)


def written(text: str, file: str = "bind") -> list[str]:
    """What is wrong with a file of ways that has this text."""
    names: dict[str, object] = {}
    exec(HEAD + text, names)
    wrong: list[str] = []
    list(ways.read(file, HEAD + text, names, wrong))
    return wrong


FINE = '''@provokes(EADDRINUSE=TCP)
@cure("Take another port.")
def new_way(kit: Kit) -> None:
    """It is taken."""
    owner, sock = kit.bound(), kit.new()
    with kit.fails():
        sock.bind(owner.getsockname())
    sock.bind(kit.free())
'''


def test_way_is_read_as_it_is_written():
    names: dict[str, object] = {}
    exec(HEAD + FINE, names)
    wrong: list[str] = []
    [way] = ways.read("bind", HEAD + FINE, names, wrong)
    assert not wrong
    assert (way.id, way.call, way.cause) == ("new_way", "bind", "It is taken.")
    assert way.kinds == ("TCP/IPv4", "TCP/IPv6")
    assert way.provocation.cure == "Take another port."
    assert way.program("TCP/IPv4", "OSError").endswith(
        """
try:
    sock.bind(owner.getsockname())
except OSError as error:
    print(type(error).__name__, error, sep=": ")

# The cure:
sock.bind(("127.0.0.1", 0))
print("cured")
"""
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('    """It is taken."""\n', "", "has no docstring: write the cause there"),
        ("@provokes(EADDRINUSE=TCP)\n", "", "is no way to an error: write @provokes"),
        ("EADDRINUSE=TCP", "", "expects no error: write @provokes(EADDRINUSE=TCP)"),
        ("=TCP", "=TCP, EINVAL=TCP4", "expects two errors on TCP/IPv4: leave one out"),
        ("=TCP", "=TCP + TCP4", "expects two errors on TCP/IPv4: leave one out"),
        ("  sock.bind(owner", "  x = sock.bind(owner", "has not one call that fails"),
        ("with kit.fails()", "with suppress()", "has not one call that fails: write"),
        ("    sock.bind(kit.free())\n", "", "has no cure below the call: write it"),
        ('port.")', 'port.", unshown="x")', "has no cure below the call: write it"),
        ("k.bind(o", "k.listen(o", "fails with listen(): move it to lab/errors/lis"),
        ("k.bind(o", "k.close(o", "fails with close(): take one of bind, listen,"),
    ],
)
def test_what_is_wrong_is_told_with_file_function_and_cure(old, new, complaint):
    assert old in FINE
    [told] = written(FINE.replace(old, new))
    assert told.startswith(f"lab/errors/bind.py: new_way: {complaint}")


def test_way_without_a_cure_is_refused():
    """Also where the two decorators have changed places."""
    first, second, *rest = FINE.splitlines(keepends=True)
    for heads in (first, second + first):
        names = {"__name__": "lab.errors.bind"}
        with pytest.raises(registry.Malformed) as refused:
            exec(HEAD + heads + "".join(rest), names)
        told = "lab/errors/bind.py: new_way: has no cure: write @cure(…) between"
        assert str(refused.value).startswith(told)


def test_two_ways_of_one_name_are_refused(monkeypatch):
    """In one file as in two, where Python would be silent."""
    ways.every.cache_clear()
    monkeypatch.setattr(ways, "FILES", {"bind": ("bind",), "listen": ("listen",)})
    whole = ways.read
    monkeypatch.setattr(ways, "read", lambda *told: [*whole(*told)][:1] * 2)
    with pytest.raises(registry.Malformed) as refused:
        ways.every()
    assert str(refused.value).splitlines() == [
        f"lab/errors/{file}: another way has this name: choose one that says what "
        "differs"
        for file in ("bind.py: port_taken", "listen.py: second_listener")
    ]
