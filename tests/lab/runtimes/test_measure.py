"""Runtimes are measured again, those that the incidents have installed as well."""

import msgspec
import pytest

from evidence import runtimes
from lab.incidents import programs
from lab.runtimes import measure
from lab.runtimes.registry import entries

ENTRIES = {entry.name: entry for entry in entries()}
AGAIN = {
    "nginx": programs.NGINX,
    "Redis": programs.REDIS,
    "dnsmasq": programs.DNSMASQ,
    "curl": programs.CURL,
}


@pytest.mark.needs("private_net", "ipv6", "sysctl")
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.needs(p)) for n, p in AGAIN.items()],
)
def test_what_was_measured_is_measured_again(name, differs):
    kept = runtimes.load().named(name)
    now = measure.measure(ENTRIES[name])
    if (now.server, now.client) == (kept.server, kept.client):
        return
    if now.version == kept.version:
        pytest.fail(msgspec.json.encode(now).decode())
    differs(f"{name} {now.version} is not as {kept.version} was: {runtimes.CURE}")


def test_every_entry_was_measured():
    assert set(ENTRIES) == {one.name for one in runtimes.load().runtimes}
