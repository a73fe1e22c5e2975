"""A pytest plugin that writes how each proof ended into the file REPORT_TO."""

import os
from pathlib import Path

import pytest

from evidence import claims
from lab.claims.plugin import claim_of
from lab.systems.measure import Proved, add, prepare


def pytest_configure() -> None:
    """Make the lab fit for the system, in each process that runs proofs."""
    prepare()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add a line when a proof has run, or could not."""
    claim = claim_of(report.nodeid)
    if "PYTEST_XDIST_WORKER" in os.environ:  # the one who gives out the work tells
        return
    if claim is None or (report.when != "call" and report.passed):
        return
    if report.when == "teardown":
        return
    source = claims.digests()[claim]
    add(
        Path(os.environ["REPORT_TO"]),
        Proved(claim, source, report.outcome, why(report)),
    )


def why(report: pytest.TestReport) -> str:
    """The first line of why a proof did not pass, as pytest marks it, or its last."""
    if not report.longrepr:
        return ""
    told = report.longrepr
    text = str(told[2] if isinstance(told, tuple) else told).strip()
    marked = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return [*marked, *text.splitlines()[-1:]][0]
