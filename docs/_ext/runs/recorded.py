"""What the directives that show a recorded run share: the recording, its sockets."""

from collections.abc import Collection

from docs._ext.shared import Directive, Refused
from evidence import runs, store


class RecordingDirective(Directive):
    """A directive that shows recordings of runs."""

    @property
    def root(self) -> str:
        """The way from the page to the beginning of the site, for instance `../`."""
        return "../" * self.env.docname.count("/")

    def recording_of(self, snippet: str) -> runs.Recording:
        """The recording of the run that shows a snippet.

        A stale one is warned of and shown all the same; the page says so. The page is
        read again when the programs change, the recording, or the lab that made it.
        Raises EvidenceError.
        """
        self.depends_on(runs.snippet_file(snippet))
        runs.snippet_path(snippet)  # which complains if it is not there
        run = runs.run_of(snippet)
        self.depends_on(*map(runs.snippet_file, runs.programs_of(run)))
        self.depends_on(runs.run_path(run), *sorted(runs.lab_files()))
        recording = runs.load_run(run, allow_stale=True)
        problem = runs.why_stale(recording)
        if problem and snippet not in recording.snippets:  # nothing of it to show
            raise store.EvidenceError(problem)
        if problem:
            self.warn(problem)
        return recording


def socket_list(text: str) -> list[str]:
    """The sockets that an option names: with commas, or spaces, between them.

    >>> socket_list("listener, listener 2"), socket_list("listener conn")
    (['listener', 'listener 2'], ['listener', 'conn'])
    """
    parts = text.split(",") if "," in text else text.split()
    return [part.strip() for part in parts if part.strip()]


def check_sockets(names: Collection[str], recording: runs.Recording) -> None:
    """Raises Refused, with the sockets that a run has, for a name of none of them."""
    known = recording.socket_names()
    if unknown := [name for name in names if name not in known]:
        raise Refused(
            f"{recording.run} has no socket {', '.join(unknown)}; "
            f"there are: {', '.join(known)}"
        )
