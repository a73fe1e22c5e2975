"""Directive `snippet`: a program, how to run it, what it printed, what happened."""

import ast
from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes

from docs._ext.claims.domain import link
from docs._ext.runs.sequence import RecordingDirective, html, picture
from evidence import claims, runs


class UnknownPart(Exception):
    """A function that a snippet does not have; the text lists those it has."""


def part_of(source: str, function: str) -> str:
    """The source of one function, with its decorators, comments and docstring.

    Raises UnknownPart.
    """
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tops = [node for node in ast.parse(source).body if isinstance(node, kinds)]
    for node in tops:
        if node.name == function:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return "\n".join(source.splitlines()[first - 1 : node.end_lineno]) + "\n"
    names = ", ".join(node.name for node in tops) or "none"
    raise UnknownPart(f"no function {function!r}; there are: {names}")


class Snippet(RecordingDirective):
    """```{snippet} udp.connect_sends_nothing```

    Options: function (show only this one; the copy is always the whole program),
    picture (what happened, folded away), no-output.
    """

    option_spec = {
        "function": directives.unchanged_required,
        "picture": directives.flag,
        "no-output": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        recording = self.recording()
        if recording is None:
            return []
        snippet = self.arguments[0]
        source = runs.snippet_path(snippet).read_text()
        shown = source
        if "function" in self.options:
            try:
                shown = part_of(source, self.options["function"])
            except UnknownPart as error:
                self.warn(f"{snippet}: {error}")
                return []
        box = nodes.container(classes=["snippet"])
        box += self.head(snippet, source)
        box += nodes.literal_block(shown, shown, language="python-socket")
        if runs.stale(recording):
            box += html(
                '<p class="stale">stale: this output is from an earlier version of '
                "the program. Run <code>make evidence</code>.</p>"
            )
        if "no-output" not in self.options:
            box += html(output(recording, snippet))
        if "picture" in self.options:
            box += html(
                '<details class="what-happened"><summary>What happened, call by call'
                f"</summary>{picture(recording, '')}</details>"
            )
        return [box]

    def head(self, snippet: str, source: str) -> nodes.Node:
        """The file's name, copy the whole program, download it, open its proof."""
        path = f"snippets/{snippet.replace('.', '/')}.py"
        head = nodes.container(classes=["snippet-head"])
        head += html(
            f'<code class="file">{path}</code>'
            f'<button class="copy" type="button" title="Copy the whole program" hidden>'
            f"Copy</button>"
            f"<template>{escape(source)}</template>"
        )
        download = addnodes.download_reference(
            "", "Download", reftarget=f"/../{path}", refdomain="", reftype="download"
        )
        download["classes"].append("get")
        download["refexplicit"] = True
        head += nodes.inline("", "", download)
        if proof := claims.of_snippet(snippet):
            to_proof = link(
                "proof", proof.id, nodes.inline("", "Proof"), proof.sentence
            )
            head += nodes.inline("", "", to_proof, classes=["get"])
        return head


def output(recording: dict, snippet: str) -> str:
    """HTML: the command, and what the recorded run printed."""
    programs = list(recording["snippets"])
    printed = recording["printed"][programs.index(snippet)]
    command = f"python {snippet.rpartition('.')[2]}.py"
    if len(programs) > 1 and snippet == programs[1]:
        server_line = recording["printed"][0][0]
        command += " " + " ".join(server_line.split()[-2:])
    elif world := world_of(snippet):
        command = f"python -m lab.isolation.networks '{world}' {command}"
    lines = escape("\n".join(printed))
    return (
        f'<div class="output"><p>Run <code>{escape(command)}</code>; it printed:</p>'
        f'<pre tabindex="0"><samp>{lines}</samp></pre></div>'
    )


def world_of(snippet: str) -> str | None:
    """What a program needs that lab/networks.py makes for it, or None."""
    if runs.server_of(snippet):
        return None
    return runs.needs(runs.snippet_path(snippet).read_text())


def setup(app):
    app.add_directive("snippet", Snippet)
