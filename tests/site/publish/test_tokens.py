"""The colours of the site: each pair that meets can be read, in light and in dark."""

import re
from pathlib import Path

import pytest

from docs._ext.publish import assets
from evidence.sources import CODE

# What is written on what. WCAG 2.2 AA asks 4.5 of text, and 3 of a line that tells.
TEXT = (
    ("foreground-primary", "background-primary"),
    ("foreground-primary", "background-secondary"),
    ("foreground-primary", "background-hover"),
    ("foreground-secondary", "background-primary"),
    ("foreground-secondary", "background-secondary"),
    ("foreground-muted", "background-primary"),
    ("foreground-muted", "background-secondary"),
    *(
        (name, "background-primary")
        for name in ("link", "link--hover", "local", "peer")
    ),
    *((name, "background-primary") for name in ("failed", "pending", "proved")),
    *((name, "background-secondary") for name in ("link", "failed", "pending")),
    ("local", "local-fill"),
    ("peer", "peer-fill"),
    ("foreground-primary", "local-fill"),
    ("foreground-primary", "peer-fill"),
)
LINES = (("foreground-border", "background-primary"),)


@pytest.fixture(scope="module")
def tokens() -> dict[str, dict[str, str]]:
    """{scheme: {token: colour}}, as conf.py has them."""
    text = Path(CODE, "conf.py").read_text()
    told = re.search(r"^TOKENS = (\{.*?^\})", text, re.MULTILINE | re.DOTALL)
    return eval(told[1])


def luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black and white."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_can_be_read(scheme, tokens):
    found = tokens[scheme]
    for least, pairs in ((4.5, TEXT), (3, LINES)):
        for on, ground in pairs:
            told = contrast(found[on], found[ground])
            assert told >= least, f"{scheme}: {on} on {ground} is {told:.2f}"


def test_both_schemes_have_the_same_tokens(tokens):
    assert tokens["light"].keys() == tokens["dark"].keys()


def test_links_and_the_two_names_differ(tokens):
    for found in tokens.values():
        assert len({found[name] for name in ("link", "local", "peer", "proved")}) == 4


def test_style_names_no_token_that_is_not_there(tokens):
    used = set(re.findall(r"var\(--color-([a-z-]+)", assets.style()))
    ours = {name for name in used if name in ("local", "peer", "failed", "pending")}
    assert ours <= tokens["light"].keys()
    assert {"failed", "pending", "proved"} <= used
