"""The style of the book: a sheet that few readers stumble at, and coloured pictures.

Few readers know variables, and they differ in how much of a sheet they obey: variables
are filled in, and a picture carries its own colours.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import tinycss2
from bs4 import Tag

# Some readers stumble at a rule with one of these, and lose all that follow.
STUMBLING = re.compile(r":root|\^=|:has\(")
OF_A_PICTURE = {
    "color",
    "fill",
    "font-family",
    "font-size",
    "font-weight",
    "paint-order",
    "stroke",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-width",
}
FONT = re.compile(r"(?:(?P<weight>\d+) )?(?P<size>\S+) (?P<family>.+)")
Style = dict[str, str]


class Rule(NamedTuple):
    """A selector and what it sets; at: the condition around it, or ""."""

    selector: str
    style: Style
    at: str = ""

    def __str__(self) -> str:
        inner = "; ".join(f"{name}: {value}" for name, value in self.style.items())
        text = f"{self.selector} {{ {inner}; }}" if self.selector else f"{inner};"
        return f"{self.at} {{ {text} }}" if self.at else text


def read(css: str) -> list[Rule]:
    """The rules of a sheet, in order.

    >>> read("a, b { color: red } @media print { p { top: 0 !important } }")
    ... # doctest: +NORMALIZE_WHITESPACE
    [Rule(selector='a, b', style={'color': 'red'}, at=''),
     Rule(selector='p', style={'top': '0 !important'}, at='@media print')]
    """
    return list(rules_in(tinycss2.parse_stylesheet(css, True, True), ""))


def rules_in(parsed: list[Any], at: str) -> Iterator[Rule]:
    """The rules among what the parser found, one after the other."""
    for node in parsed:
        if node.type == "at-rule" and node.lower_at_keyword == "page":
            yield Rule("", declared(node.content), "@page")
        elif node.type == "at-rule" and node.content:
            inner = tinycss2.parse_rule_list(node.content, True, True)
            condition = tinycss2.serialize(node.prelude).strip()
            yield from rules_in(inner, f"@{node.at_keyword} {condition}")
        elif node.type == "qualified-rule":
            selector = " ".join(tinycss2.serialize(node.prelude).split())
            yield Rule(selector, declared(node.content), at)


def declared(content: list[Any]) -> Style:
    """What the inside of a rule sets."""
    return {
        node.name: tinycss2.serialize(node.value).strip()
        + (" !important" if node.important else "")
        for node in tinycss2.parse_blocks_contents(content, True, True)
        if node.type == "declaration"
    }


def filled_in(css: str, given: Style) -> list[Rule]:
    """Rules in which every variable is replaced by its value.

    The reader, not the root of the page, has the size of the letters. given: further
    variables, without their dashes.

    >>> print(*filled_in(":root { --a: red; } p { color: var(--a); fill: var(--b); }",
    ...                  {"b": "#fff"}))
    p { color: red; fill: #fff; }
    """
    rules = read(css)
    known = {
        name.removeprefix("--"): value
        for rule in rules
        for name, value in rule.style.items()
        if name.startswith("--")
    } | given

    def value(text: str) -> str:
        text = re.sub(r"var\(--([\w-]+)\)", lambda name: known[name[1]], text)
        return re.sub(r"(?<=\d)rem\b", "em", text)

    return [
        rule._replace(style={name: value(text) for name, text in rule.style.items()})
        for rule in rules
        if not STUMBLING.search(rule.selector)
    ]


def of_pictures(rules: list[Rule]) -> list[tuple[str, Style]]:
    """Selectors and what they set in a picture, the strongest last.

    >>> of_pictures(read("svg .a, p:hover { font: 600 12px serif }"
    ...                  "text { fill: red; top: 0 }")) # doctest: +NORMALIZE_WHITESPACE
    [('text', {'fill': 'red'}),
     ('svg .a', {'font-weight': '600', 'font-size': '12px', 'font-family': 'serif'})]
    """
    found = []
    for rule in rules:
        said: Style = {}
        for name, value in rule.style.items():
            if name == "font" and (font := FONT.fullmatch(value)):
                said["font-weight"] = font["weight"] or "400"
                said |= {"font-size": font["size"], "font-family": font["family"]}
            elif name in OF_A_PICTURE:
                said[name] = in_pixels(value) if name == "font-size" else value
        for selector in map(str.strip, rule.selector.split(",")):
            if said and not rule.at and not re.search(r"[:>\[]", selector):
                found.append((selector, said))
    return sorted(found, key=lambda entry: strength(entry[0]))


def in_pixels(size: str) -> str:
    """A size of letters that does not depend on the reader: boxes are drawn for it.

    >>> in_pixels("0.75em"), in_pixels("12px")
    ('12px', '12px')
    """
    return f"{float(size[:-2]) * 16:g}px" if size.endswith("em") else size


def strength(selector: str) -> tuple[int, int]:
    """How many classes and how many elements a selector names.

    >>> strength("svg.sequence .slot.local rect")
    (3, 2)
    """
    return selector.count("."), len(re.findall(r"(?:^|\s)[a-z]", selector))


def colour(svg: Tag, pictures: list[tuple[str, Style]]) -> None:
    """Write into each part of a picture what the style sheet says of it."""
    styles: dict[int, Style] = {}
    for selector, said in pictures:
        for part in svg.select(selector):
            styles.setdefault(id(part), {}).update(said)
    for part in svg.find_all(True):
        style = styles.get(id(part), {})
        for name in ("fill", "stroke"):
            if style.get(name) == "currentColor":
                above = (styles.get(id(box), {}) for box in [part, *part.parents])
                style[name] = next(s["color"] for s in above if "color" in s)
    for part in svg.find_all(True):
        style = dict(styles.get(id(part), {}))
        style.pop("color", None)
        if style.pop("paint-order", None):  # many readers would paint over the letters
            behind = copy.copy(part)
            behind["style"] = written(style)
            behind["aria-hidden"] = "true"
            part.insert_before(behind)
            style = {k: v for k, v in style.items() if not k.startswith("stroke")}
        if style:
            part["style"] = written(style)


def written(style: Style) -> str:
    """{"fill": "red"} -> fill:red."""
    return ";".join(f"{name}:{value}" for name, value in style.items())
