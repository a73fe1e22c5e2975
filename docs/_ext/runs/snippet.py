"""Directive `snippet`: a program, how to run it, what it printed, what happened.

```{snippet} udp.connect_sends_nothing```

Options: function (show only this one; the copy is always the whole program), picture
(what happened, folded away), no-output.
"""

from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx

from docs._ext.claims.domain import link
from docs._ext.runs.recorded import RecordingDirective
from docs._ext.runs.sequence import picture
from docs._ext.shared import html, part_of
from evidence import claims, errors, runs, store


class Snippet(RecordingDirective):
    """A box: the file's name and what can be had of it, the code, what it printed."""

    required_arguments = 1
    option_spec = {
        "function": directives.unchanged_required,
        "picture": directives.flag,
        "no-output": directives.flag,
    }

    def show(self) -> list[nodes.Node]:
        snippet = self.arguments[0]
        recording = self.recording_of(snippet)
        source = runs.snippet_path(snippet).read_text(encoding="utf-8")
        shown = source
        if "function" in self.options:
            shown = part_of(source, self.options["function"])
        box = nodes.container(classes=["snippet"])
        first = source[: source.index(shown)].count("\n") + 1
        box += head(snippet, source, first)
        box += nodes.literal_block(shown, shown, language="python-socket")
        if runs.why_stale(recording):
            box += html(
                '<p class="stale">stale: this output is from an earlier version of '
                "the program, or of the lab. Run <code>make evidence</code>.</p>"
            )
        if "no-output" not in self.options:
            box += html(output(recording, snippet))
        if "picture" in self.options:
            self.depends_on(store.measured(errors.FILE))  # for the questions
            box += html(
                '<details class="what-happened"><summary>What happened, call by call'
                f"</summary>{picture(recording, '', root=self.root)}</details>"
            )
        return [box]


def head(snippet: str, source: str, first: int) -> nodes.Node:
    """The file's name, copy the whole program, download it, open its proof.

    first: the line of the program with which the block below begins.
    """
    path = f"snippets/{snippet.replace('.', '/')}.py"
    made = nodes.container(classes=["snippet-head"])
    made += html(
        f'<code class="file" data-first="{first}">{path}</code>'
        '<button class="copy" type="button" title="Copy the whole program" hidden>'
        "Copy</button>"
        f"<template>{escape(source)}</template>"
    )
    download = addnodes.download_reference(
        "", "Download", reftarget=f"/../{path}", refdomain="", reftype="download"
    )
    download["classes"].append("get")
    download["refexplicit"] = True
    made += nodes.inline("", "", download)
    if proof := claims.of_snippet(snippet):
        to_proof = link("proof", proof.id, nodes.inline("", "Proof"), proof.sentence)
        made += nodes.inline("", "", to_proof, classes=["get"])
    return made


def output(recording: runs.Recording, snippet: str) -> str:
    """HTML: the command, and what the recorded run printed."""
    lines = recording.printed[list(recording.snippets).index(snippet)]
    return (
        f'<div class="output"><p>Run <code>{escape(command(recording, snippet))}</code>'
        "; it printed:</p>"
        f'<pre tabindex="0"><samp>{escape(chr(10).join(lines))}</samp></pre></div>'
    )


def command(recording: runs.Recording, snippet: str) -> str:
    """How to run a program of a recording, with what it needs."""
    typed = f"python {snippet.rpartition('.')[2]}.py"
    if len(recording.snippets) > 1 and snippet == recording.run:
        address = recording.printed[0][0].split()[-2:]  # of the server, on its 1st line
        return " ".join([typed, *address])
    if network := runs.needs(snippet).network:
        return f"python -m lab network '{network}' {typed}"
    return typed


def setup(app: Sphinx) -> None:
    app.add_directive("snippet", Snippet)
