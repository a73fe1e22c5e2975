"""The skeleton of a fact: a proof that fails, a program, a sentence to fill in."""

import argparse
import ast
import difflib
import re
import subprocess
import sys
from pathlib import Path

from evidence import claims, runs, store

PROOF = '''

def test_{name}():
    """`bind()` does this and that."""
    found = {found}
    assert found == "what must be so", "write the proof, then: make fact ID={id}"
'''
PROGRAM = '''"""bind() does this and that."""

import socket


def what_happens():
    """Return the fact.

    >>> what_happens()
    '127.0.0.1'
    """
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[0]


def main():
    print("the local address:", what_happens())


if __name__ == "__main__":
    main()
'''
SENTENCE = "{{claim}}`` `bind()` does this and that. <{id}>``\n"
SHOWN = "\n```{{snippet}} {id}\n```\n"
PROOFS = """# Proofs about {title}

Every statement about {title} that carries a mark, with the test that proves it, \
where it passed, and the packets it saw.
Run them on your own kernel with `make test`.

```{{proofs}} {subject}
```
"""


class NotWritten(store.EvidenceError):
    """A skeleton that cannot be begun; the text says why, and nothing was written."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The id, and where its parts go."""
    parser.add_argument(
        "id", help="the claim, for instance udp.connect_sends_no_packet"
    )
    parser.add_argument(
        "--page", help="the page of the sentence, for instance learn/udp"
    )
    parser.add_argument("--file", help="the file of the proof, for instance test_peers")
    parser.add_argument(
        "--no-program", action="store_true", help="the fact needs no program"
    )


def run(chosen: argparse.Namespace) -> int:
    """Write the parts, say where they are and what comes next."""
    subject, name = checked(chosen.id, chosen.no_program)
    relative = closest(chosen.id)
    page = page_for(chosen.page, relative)
    test = test_for(subject, chosen.file, relative)
    begun = [] if chosen.no_program else [write_program(subject, name)]
    if not (claims.folder() / subject).exists():
        begun += write_subject(subject)
    begun.append(write_proof(test, subject, name, not chosen.no_program))
    begun.append(write_sentence(page, chosen, relative))
    for path, line in begun:
        print(f"{store.shown(path)}:{line}")
    print(f"Fill them in, then: make fact ID={chosen.id}")
    return 0


def checked(claim: str, without_program: bool) -> tuple[str, str]:
    """Subject and name of a new claim. Raises NotWritten for one that cannot be."""
    if not claims.is_id(claim):
        raise NotWritten(f"{claim!r} is no id: {claims.FORM}")
    if claim in claims.read():
        raise NotWritten(
            f"{claim} is there already, {claims.read()[claim].path}: "
            f"change it, then make fact ID={claim}"
        )
    subject, _, name = claim.partition(".")
    program = runs.folder() / subject / f"{name}.py"
    if program.exists() and not without_program:
        raise NotWritten(f"{store.shown(program)} is there already: take another name")
    return subject, name


def closest(claim: str) -> claims.Proof | None:
    """The proof that is most like it by name, of the same subject if there is one."""
    known = claims.read()
    subject = claim.partition(".")[0] + "."
    mine = [other for other in known if other.startswith(subject)]
    found = difflib.get_close_matches(claim, mine, 1, 0)
    return known[found[0]] if found else None


def page_for(asked: str | None, relative: claims.Proof | None) -> Path:
    """The page that will have the sentence. Raises NotWritten if there is none."""
    docs = store.ROOT / "docs"
    pages = {
        path.relative_to(docs).with_suffix("").as_posix(): path
        for path in docs.rglob("*.md")
    }
    if asked:
        if asked not in pages:
            close = difflib.get_close_matches(asked, pages, 3) or sorted(pages)[:9]
            raise NotWritten(f"no page {asked!r}; there are {', '.join(close)}")
        return pages[asked]
    if relative:
        for path in pages.values():
            if stating(relative.id).search(path.read_text(encoding="utf-8")):
                return path
    raise NotWritten("say which page it belongs to, for instance PAGE=learn/udp")


def stating(claim: str) -> re.Pattern[str]:
    """What stands on a page where it states a claim."""
    name = re.escape(claim)
    return re.compile(rf"\{{claim\}}(?:`+[^<]*?<{name}>`| {name}\b)")


def test_for(subject: str, asked: str | None, relative: claims.Proof | None) -> Path:
    """The file that will have the proof; a new one begins with its imports."""
    folder = claims.folder() / subject
    if asked:
        stem = asked.removesuffix(".py")
        stem = stem if stem.startswith("test_") else f"test_{stem}"
        return folder / f"{stem}.py"
    return store.ROOT / relative.path if relative else folder / f"test_{subject}.py"


def write_program(subject: str, name: str) -> tuple[Path, int]:
    """Write the program; returns its place."""
    folder = runs.folder() / subject
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    path = folder / f"{name}.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path, 1


def write_subject(subject: str) -> list[tuple[Path, int]]:
    """Write the page of a new subject's proofs, and list it; returns both places."""
    page = store.ROOT / "docs" / "proofs" / f"{subject}.md"
    page.write_text(PROOFS.format(subject=subject, title=subject), encoding="utf-8")
    index = page.with_name("index.md")
    lines = index.read_text(encoding="utf-8").splitlines()
    known = {path.name for path in claims.folder().iterdir() if path.is_dir()}
    last = max(n for n, line in enumerate(lines) if line in known)
    lines.insert(last + 1, subject)
    index.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [(page, 1), (index, last + 2)]


def write_proof(
    path: Path, subject: str, name: str, with_program: bool
) -> tuple[Path, int]:
    """Append the proof to a file; returns the place of its first line."""
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        topic = path.stem.removeprefix("test_").replace("_", " ")
        path.write_text(f'"""{topic.capitalize()}."""\n', encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    found = f"{name}.what_happens()" if with_program else '"what is so"'
    text = text.rstrip("\n") + "\n"
    text += PROOF.format(name=name, found=found, id=f"{subject}.{name}")
    if with_program:
        text = with_import(text, f"from snippets.{subject} import {name}")
    path.write_text(text, encoding="utf-8")
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        tidy = [sys.executable, "-m", "ruff", *command, "--quiet", str(path)]
        subprocess.run(tidy, cwd=store.ROOT, check=True)
    lines = path.read_text(encoding="utf-8").splitlines()
    return path, lines.index(f"def test_{name}():") + 1


def with_import(text: str, line: str) -> str:
    """A module's text with one more import, below its docstring."""
    tree = ast.parse(text)
    lines = text.splitlines()
    place = tree.body[0].end_lineno if ast.get_docstring(tree) else 0
    lines[place:place] = ["", line]
    return "\n".join(lines) + "\n"


def write_sentence(
    path: Path, chosen: argparse.Namespace, relative: claims.Proof | None
) -> tuple[Path, int]:
    """Put the sentence below that of its relative, or last; returns its place."""
    text = path.read_text(encoding="utf-8")
    made = SENTENCE.format(id=chosen.id)
    if not chosen.no_program:
        made += SHOWN.format(id=chosen.id)
    place = len(text)
    if relative and (found := stating(relative.id).search(text)):
        end = text.find("\n\n", found.end())  # below its paragraph or list
        place = end + 1 if end >= 0 else len(text)
    before = text[:place].rstrip("\n") + "\n\n"
    after = text[place:].lstrip("\n")
    whole = before + made + "\n" * bool(after) + after
    path.write_text(whole, encoding="utf-8")
    return path, before.count("\n") + 1
