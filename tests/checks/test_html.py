"""The W3C's validator (vnu) accepts every page."""

import json
import subprocess
import sys
from pathlib import Path

from tests.checks.conftest import the

VALIDATOR = Path(sys.prefix, "node_modules/vnu-jar/build/dist/vnu.jar")

# What the validator does not know yet: the standard has rel=expect for documents.
# https://html.spec.whatwg.org/multipage/links.html#link-type-expect
BEHIND = (
    "A “link” element with a “blocking” attribute must have a “rel” attribute whose "
    "value is “stylesheet”."
)


def test_every_page_is_valid_html(built_pages):
    java = the("java", "apt install default-jre-headless")
    checked = subprocess.run(
        [
            java,
            "-Xss4m",
            "-jar",
            VALIDATOR,
            "--errors-only",
            "--format",
            "json",
            *built_pages,
        ],
        capture_output=True,
        text=True,
    )
    faults = {
        f"{Path(fault['url']).name}: {fault['message']}"
        for fault in json.loads(checked.stderr)["messages"]
        if fault["message"] != BEHIND
    }
    assert sorted(faults) == []
