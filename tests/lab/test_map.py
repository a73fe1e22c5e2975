"""lab/README.md is a map: a line for each file, and no line for what is not there."""

import re

from evidence.store import ROOT

LAB = ROOT / "lab"


def test_map_of_the_lab_names_every_file():
    # What stands before the first room is in none.
    text = "## ./\n" + (LAB / "README.md").read_text()
    parts = re.split(r"^## ([\w.]+)/.*$", text, flags=re.M)
    named = {
        file if room == "." else f"{room}/{file}"
        for room, text in zip(parts[1::2], parts[2::2], strict=True)
        for line in text.splitlines()
        for file in re.findall(
            r"`([\w/]+\.py)`", line.split("|")[1] if "|" in line else ""
        )
    }
    there = {
        path.relative_to(LAB).as_posix()
        for path in LAB.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }
    assert named == there, f"correct lab/README.md: {sorted(named ^ there)}"


def test_each_command_is_a_module_that_can_be_called():
    from lab.__main__ import MODULES, module_of

    for name in MODULES:
        module = module_of(name)
        assert callable(module.run) and callable(module.add_options), name
