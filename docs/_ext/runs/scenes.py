"""Directive `scene`: what a run shows, in one small picture.

    ```{scene} queue
    :caption: A sentence below it.
    ```

Each scene is a function that is given a recording; every name, outcome and count in the
picture comes from it. The units are those of drawing.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from docs._ext.cards import EMPTY, SIDES, shown_name
from docs._ext.runs.drawing import LETTER, WIDTH
from docs._ext.runs.recorded import RecordingDirective
from docs._ext.runs.sequence import files, where
from docs._ext.shared import Refused, html
from evidence.runs import Names, Recording, Step

NONE: Names = (None, None)
HEIGHT = 34  # of a card


class Canvas:
    """A picture that is drawn from top to bottom, and the same in words."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.said: list[str] = []

    def text(
        self, x: float, y: float, words: str, kind: str = "", at: str = ""
    ) -> None:
        """A line of text. kind: a class; at: middle or end, else it begins there."""
        anchor = f' text-anchor="{at}"' if at else ""
        self.parts.append(
            f'<text class="{kind}" x="{x:g}" y="{y:g}"{anchor}>{escape(words)}</text>'
        )

    def say(self, sentence: str) -> None:
        """A sentence for those who do not see the picture."""
        self.said.append(sentence)

    def line(self, *points: tuple[float, float], kind: str = "wire") -> None:
        """A line with an arrow head at its end."""
        path = "L".join(f"{x:g} {y:g}" for x, y in points)
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        tip = "L".join(
            f"{x1 - 8 * dx - side * 4 * dy:g} {y1 - 8 * dy + side * 4 * dx:g}"
            for side in (1, -1)
        )
        self.parts.append(
            f'<path class="{kind}" d="M{path}"/>'
            f'<path class="tip {kind}" d="M{x1:g} {y1:g}L{tip}z"/>'
        )

    def cross(self, x: float, y: float) -> None:
        """The mark of what failed."""
        d = f"M{x - 5:g} {y - 5:g}l10 10m0 -10l-10 10"
        self.parts.append(f'<path class="cross" d="{d}"/>')

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A frame."""
        self.parts.append(
            f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" '
            f'height="{height:g}" rx="5"/>'
        )

    def card(self, x: float, y: float, names: Names, title: str) -> tuple[float, float]:
        """A card under its title, its left corner at (x, y); returns both widths."""
        self.text(x, y - 5, title, "owner")
        widths: list[float] = []
        for side, name in zip(SIDES, names, strict=True):
            shown = shown_name(name)
            width = max(len(shown) * LETTER + 12, 40)
            empty = " empty" if shown == EMPTY else ""
            self.parts.append(
                f'<g class="slot {side}{empty}"><rect x="{x + sum(widths):g}" '
                f'y="{y:g}" width="{width:g}" height="{HEIGHT}" rx="3"/>'
                f'<text class="side" x="{x + sum(widths) + 6:g}" y="{y + 13:g}">{side}'
                f'</text><text class="name" x="{x + sum(widths) + 6:g}" '
                f'y="{y + 28:g}">{escape(shown)}</text></g>'
            )
            widths.append(width)
        local, peer = map(shown_name, names)
        self.say(f"{title}: local {local}, peer {peer}.")
        return widths[0], widths[1]

    def svg(self, height: float, title: str) -> str:
        """The picture."""
        return (
            f'<svg class="sequence scene" viewBox="0 0 {WIDTH} {height:g}" role="img" '
            f'aria-label="{escape(title)}">{"".join(self.parts)}</svg>'
        )


def steps(recording: Recording, call: str, socket: str = "") -> list[Step]:
    """The calls of a recording by that name, of all sockets or of one."""
    return [
        step
        for step in recording.steps
        if step.call == call and socket in ("", step.socket)
    ]


def names_of(recording: Recording, socket: str) -> Names:
    """The names of a socket when it had most of them."""
    every = [step.names[socket] for step in recording.steps if socket in step.names]
    return max(
        every,
        key=lambda names: sum(shown_name(name) != EMPTY for name in names),
        default=NONE,
    )


def outcome(step: Step) -> str:
    """What a call gave, as it is written."""
    return (
        step.error or (step.result if step.result not in (None, "None") else "") or "ok"
    )


def queue(recording: Recording, canvas: Canvas) -> float:
    """A listener that does not accept: who is in its queue, and who is not."""
    listen = steps(recording, "listen")[0]
    tries = [s for s in recording.steps if s.call in ("connect", "connect_ex")]
    inside = [step.socket for step in tries if outcome(step) == "ok"]
    canvas.card(
        0,
        18,
        names_of(recording, listen.socket),
        f"{listen.socket}.listen({listen.args})",
    )
    canvas.text(0, 76, f"its queue: {len(inside)} places", "owner")
    wide = 100
    for number, step in enumerate(tries):
        x = number * (wide + 10) + (12 if step.socket not in inside else 0)
        connected = step.socket in inside
        canvas.box(x, 84, wide, 30, "place full" if connected else "place out")
        canvas.text(x + wide / 2, 103, step.socket, "", "middle")
        told = "connected" if connected else outcome(step)
        canvas.text(x + wide / 2, 130, told, "" if connected else "pending", "middle")
        canvas.say(f"{step.socket} calls {step.call}(): {told}.")
    return 138


def mirrored(recording: Recording, canvas: Canvas) -> float:
    """The two ends of a connection have each other's names."""
    ends = "client", "conn"
    widths = []
    for y, socket in zip((18, 104), ends, strict=True):
        widths.append(canvas.card(70, y, names_of(recording, socket), socket))
    (left, right), _ = widths
    for start, end in ((left / 2, left + right / 2), (left + right / 2, left / 2)):
        canvas.line((70 + start, 18 + HEIGHT), (70 + end, 104), kind="wire")
    return 104 + HEIGHT + 6


def networks(recording: Recording, canvas: Canvas) -> float:
    """Two networks with a loopback each, and one cable between them."""
    canvas.box(0, 20, 136, 176, "room")
    canvas.box(168, 20, 176, 176, "room")
    canvas.text(4, 14, "outside", "owner")
    canvas.text(172, 14, "in the container", "owner")
    bound = {s.socket: names_of(recording, s.socket) for s in steps(recording, "bind")}
    tops = {}
    for number, (socket, (local, _)) in enumerate(bound.items()):
        y = 44 + 70 * number
        tops[shown_name(local).rpartition(":")[2]] = y
        canvas.card(174, y, (local, None), socket)
    for number, step in enumerate(
        s for s in steps(recording, "connect") if s.lane == 1
    ):
        target = step.args.strip("()").replace("'", "").split(", ")
        told, y = outcome(step), 50 + 48 * number
        failed = told != "ok"
        canvas.text(6, y, f"to {':'.join(target)}", "")
        canvas.text(
            6, y + 16, told if failed else "connected", "failed" if failed else ""
        )
        canvas.say(f"{step.socket} connects to {':'.join(target)}: {told}.")
        if target[0] != "127.0.0.1":
            kind = "wire reset" if failed else "wire data"
            canvas.line((124, y + 12), (174, tops[target[1]] + 18), kind=kind)
        if failed:
            canvas.cross(124, y + 12)
    return 202


def time_wait(recording: Recording, canvas: Canvas) -> float:
    """Who closes first keeps the pair of names, and the next bind() meets it."""
    fins = [
        (step.socket, packet)
        for step in recording.steps
        for packet in step.packets
        if "FIN" in (packet.flags or ())
    ]
    first = fins[0][0]
    last = steps(recording, "bind")[-1]
    canvas.card(0, 18, names_of(recording, first), f"{first} sent the first FIN")
    canvas.text(24, 74, "It is closed; the kernel keeps its two names.", "")
    canvas.text(24, 100, f"{last.socket}.bind({last.args})", "call")
    canvas.text(24, 118, f"→ {outcome(last)}", "failed")
    canvas.line((20, 96), (10, 96), (10, 54), kind="wire reset")
    canvas.say(
        f"{first} sends the first FIN. "
        f"Later {last.socket}.bind({last.args}) gives {outcome(last)}."
    )
    return 126


def doors(recording: Recording, canvas: Canvas) -> float:
    """A wildcard listens behind each address; the connection has the one used."""
    listener = names_of(recording, "listener")
    asked = steps(recording, "connect")[0]
    host = asked.args.strip("()").replace("'", "").split(", ")[0]
    canvas.card(190, 40, listener, "listener")
    for y in (22, 70):
        canvas.box(108, y, 26, 36, "door")
        canvas.line((136, y + 18), (186, 58), kind="wire")
    canvas.text(0, 40, "other addresses", "")
    canvas.text(0, 80, "client, to", "")
    canvas.text(0, 96, host, "")
    canvas.line((78, 88), (106, 88), kind="wire data")
    local, peer = names_of(recording, "conn")
    canvas.card(60, 142, (local, peer), "conn, from accept()")
    canvas.say(
        f"The client connects to {host}, and the accepted socket has that address."
    )
    return 142 + HEIGHT + 6


def group(recording: Recording, canvas: Canvas) -> float:
    """Two listeners on one port; who waits in the queue of one that ends is lost."""
    closing = next(
        s for s in recording.steps if any("RST" in (p.flags or ()) for p in s.packets)
    )
    lost = next(s for s in recording.steps if s.error and s.call == "recv")
    listeners = [step.socket for step in steps(recording, "listen")]
    for number, socket in enumerate(listeners):
        x = 176 * number
        local = names_of(recording, socket)[0]
        ends = socket == closing.socket
        canvas.card(x, 18, (local, None), socket)
        canvas.box(x, 64, 150, 28, "place full" if ends else "place")
        canvas.text(
            x + 75,
            82,
            lost.socket if ends else "empty",
            "" if ends else "owner",
            "middle",
        )
        if ends:
            canvas.text(x, 112, f"{socket}.{closing.call}()", "call")
            canvas.line((x + 40, 92), (x + 40, 98), kind="wire reset")
            canvas.cross(x + 140, 78)
            canvas.text(x, 130, f"{lost.socket}.{lost.call}() → {lost.error}", "failed")
    canvas.say(
        f"{lost.socket} waits in the queue of {closing.socket}, which closes: "
        f"{lost.call}() gives {lost.error}."
    )
    return 138


def ports(recording: Recording, canvas: Canvas) -> float:
    """A range of which each port is taken: what the calls that want one say."""
    taken = {
        names_of(recording, step.socket)[0][1]  # type: ignore[index]
        for step in steps(recording, "bind")
        if not step.error
    }
    canvas.text(0, 13, "every port of the range", "owner")
    for number, port in enumerate(sorted(map(str, taken))):
        canvas.box(number * 66, 20, 60, 28, "place full")
        canvas.text(number * 66 + 30, 39, port, "", "middle")
    y = 70
    for step in recording.steps:
        if step.error:
            canvas.text(0, y, f"{step.socket}.{step.call}()", "call")
            kind = "pending" if step.error == "EAGAIN" else "failed"
            canvas.text(150, y, f"→ {step.error}", kind)
            canvas.say(f"{step.socket}.{step.call}(): {step.error}.")
            y += 19
    return y


@dataclass(frozen=True)
class Scene:
    """A picture of a run. draw: returns its height."""

    run: str
    draw: Callable[[Recording, Canvas], float]


SCENES = {
    "queue": Scene("tcp.full_backlog_leaves_connect_waiting", queue),
    "mirrored": Scene("tcp.server_and_client", mirrored),
    "networks": Scene("containers.client_outside", networks),
    "time-wait": Scene("sharing.restart_meets_time_wait", time_wait),
    "doors": Scene("names.wildcard_listener_specific_connection", doors),
    "group": Scene("sharing.closed_listener_loses_its_queue", group),
    "range": Scene("errors.port_range_exhausted", ports),
}


class SceneDirective(RecordingDirective):
    """Option caption: a sentence below the picture."""

    required_arguments = 1
    option_spec = {"caption": directives.unchanged}

    def show(self) -> list[nodes.Node]:
        """The figure. Raises EvidenceError, Refused."""
        name = self.arguments[0]
        if name not in SCENES:
            raise Refused(f"no scene {name!r}; there are {', '.join(SCENES)}")
        recording = self.recording_of(SCENES[name].run)
        return [
            html(figure(name, recording, self.options.get("caption", ""), self.root))
        ]


def figure(name: str, recording: Recording, caption: str, root: str) -> str:
    """HTML: the picture, its caption, where it was recorded, the same in words."""
    canvas = Canvas()
    height = SCENES[name].draw(recording, canvas)
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in canvas.said)
    first = f"<p>{escape(caption)}</p>" if caption else ""
    title = caption or f"What {recording.run} shows"
    return (
        f'<figure class="recorded">{canvas.svg(height, title)}<figcaption>{first}'
        f"{where(recording)}{files(recording, root)}"
        f"<details><summary>The same in words</summary><ul>{said}</ul></details>"
        "</figcaption></figure>"
    )


def setup(app: Sphinx) -> None:
    """Enter the directive."""
    app.add_directive("scene", SceneDirective)
