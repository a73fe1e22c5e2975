"""Lays a graph out with graphviz, for the pictures of decisions and machines."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

POINTS = 72  # graphviz says lengths in inches; in all pictures a unit is a point


class Edge(NamedTuple):
    """From one node to another: its curve, and the middle of its label, if any."""

    start: str
    end: str
    points: list[tuple[float, float]]
    label: tuple[float, float] | None


class Layout(NamedTuple):
    """Places in points, y downwards: size, {node: its middle}, edges that are seen."""

    size: tuple[float, float]
    nodes: dict[str, tuple[float, float]]
    edges: list[Edge]


def lay_out(dot: list[str]) -> Layout:
    """The layout of a graph in the DOT language."""
    program = Path(sys.executable).with_name("graphviz-pure")
    plain = subprocess.run(
        [program, "-Tplain"],
        input="\n".join(dot),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return read(plain)


def read(plain: str) -> Layout:
    """The layout that graphviz's output "plain" describes.

    >>> read('graph 1 2 1\\nnode a 1 1 1 1 "" solid box black white\\n'
    ...      'edge a b 2 0 0 1 1 "go" 0.5 0.5 solid black').edges[0].label
    (36.0, 36.0)
    """
    nodes: dict[str, tuple[float, float]] = {}
    edges: list[Edge] = []
    width, height = 0.0, 0.0

    def places(fields: list[str]) -> list[tuple[float, float]]:
        numbers = [float(field) * POINTS for field in fields]
        flipped = (height - y for y in numbers[1::2])
        return list(zip(numbers[::2], flipped, strict=True))

    for line in plain.splitlines():
        kind, *fields = shlex.split(line)
        if kind == "graph":
            width, height = (float(field) * POINTS for field in fields[1:3])
        elif kind == "node":
            nodes[fields[0]] = places(fields[1:3])[0]
        elif kind == "edge" and fields[-2] != "invis":
            start, end, count, *rest = fields
            curve, told = rest[: 2 * int(count)], rest[2 * int(count) :]
            # a label and its place stand before the style and the colour
            label = places(told[1:3])[0] if len(told) == 5 else None
            edges.append(Edge(start, end, places(curve), label))
    return Layout((width, height), nodes, edges)


def folded(text: str, letters: int) -> list[str]:
    """Text in lines of so many letters, for a box; a longer word has its own line.

    >>> folded("unbound, an old port shown", 20)
    ['unbound, an old port', 'shown']
    """
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > letters and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
