"""Puts evidence/ on the site as it is, and as one archive; the snippets as another.

{site}`evidence/errors.json`             a link to a file of the site, checked
{site}`all programs <snippets.zip>`      the same with words of its own
"""

import filecmp
import shutil
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import ReferenceRole
from sphinx.util.logging import getLogger
from sphinx.util.osutil import relative_uri

from docs._ext.publish import captures, schemas
from docs._ext.shared import newer
from evidence import claims, runs, store

logger = getLogger(__name__)
BUILT = {"evidence.zip", "snippets.zip", "llms.txt", "objects.inv", "socketcheck.py"}
LICENSE = {"LICENSE": Path(__file__).parents[3] / "LICENSE"}


def archive(files: dict[str, Path]) -> bytes:
    """A zip file of {name: file}; the same files make the same bytes at any time."""
    made = BytesIO()
    with ZipFile(made, "w") as target:
        for name, file in sorted(files.items()):
            entry = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, file.read_bytes())
    return made.getvalue()


def files_below(folder: Path, pattern: str) -> dict[str, Path]:
    """{path from the project's folder: file}."""
    return {
        f"{folder.name}/{file.relative_to(folder).as_posix()}": file
        for file in folder.rglob(pattern)
    }


def published() -> dict[str, Path]:
    """{address on the site: file} of all evidence.

    An address does not say who wrote a file. Outcomes of proofs have their old address
    too: others may have linked it.
    """
    found = {
        f"evidence/{file.relative_to(folder).as_posix()}": file
        for folder in (store.measured(), store.cited())
        for file in sorted(folder.rglob("*.json"))
    }
    old = {
        name.replace("evidence/claims/", "evidence/proofs/"): file
        for name, file in found.items()
    }
    return found | old


def is_there(address: str) -> bool:
    """Whether the site has a file at an address, without a look at all others."""
    if address in BUILT or address in map(schemas.address, schemas.KINDS):
        return True
    folder, _, name = address.partition("/")
    if name.startswith("proofs/"):
        name = name.replace("proofs/", "claims/", 1)
    if name.endswith(".pcap"):
        name = name.removesuffix(".pcap") + ".json"
    places = (store.measured(name), store.cited(name))
    return folder == "evidence" and any(place.is_file() for place in places)


def copy_evidence(out: Path, measured: dict[str, Path]) -> None:
    """Bring the files below evidence/ on the site up to date, schemas among them."""
    made = schemas.published()
    for name, file in measured.items():
        copy = out / name
        if not copy.exists() or not filecmp.cmp(file, copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
    for name, text in made.items():
        target = out / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    for copy in (out / "evidence").rglob("*.json"):
        if copy.relative_to(out).as_posix() not in measured.keys() | made.keys():
            copy.unlink()


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Copy what has changed, and pack it anew."""
    if exception or app.builder.name != "html":
        return
    out, measured = Path(app.outdir), published()
    copy_evidence(out, measured)
    captures.write(out, measured)
    programs = files_below(runs.folder(), "*.py")
    for name, files in (("evidence.zip", measured), ("snippets.zip", programs)):
        if newer(files.values(), out / name):
            (out / name).write_bytes(archive(files | LICENSE))


class SiteRole(ReferenceRole):
    """A link to a file of the site that is no page."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if not is_there(self.target):
            close = claims.did_you_mean(self.target, [*BUILT, *published()])
            hint = close or f"; there are {', '.join(sorted(BUILT))} and evidence/…"
            logger.warning(
                "the site has no file %s%s",
                self.target,
                hint,
                location=self.get_location(),
                type="evidence",
            )
        made = nodes.reference(
            self.rawtext,
            "",
            refuri=relative_uri(f"{self.env.docname}.html", self.target),
        )
        kind = nodes.inline if self.has_explicit_title else nodes.literal
        made += kind("", self.title)
        return [made], []


def setup(app: Sphinx) -> None:
    app.add_role("site", SiteRole())
    app.connect("build-finished", write_files)
