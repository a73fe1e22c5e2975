"""Draws the picture that a preview of a link shows: one socket with two names.

python -m docs._ext.publish.picture     writes docs/_static/picture.png (needs Chromium)
"""

import shutil
from pathlib import Path

from docs._ext.cards import card
from evidence import runs

TARGET = Path(__file__).parents[2] / "_static" / "picture.png"
WIDTH, HEIGHT = 1200, 630
RUN = "tcp.bind_then_connect"
STYLE = """
body { margin: 0; width: 1200px; height: 630px; display: flex; flex-direction: column;
  justify-content: center; gap: 44px; align-items: center; background: #fff;
  font: 34px "DejaVu Sans", sans-serif; color: #222; }
h1 { font: bold 64px "DejaVu Sans Mono", monospace; margin: 0; }
p { margin: 0; }
.bind { color: #0b5aa2; } .connect { color: #9a4300; }
.card { display: flex; font: 38px "DejaVu Sans Mono", monospace; }
.slot { border: 4px solid; padding: 18px 34px 24px; }
.slot .side { display: block; font: 28px "DejaVu Sans", sans-serif; }
.slot .name { color: #222; }
.local { color: #0b5aa2; background: #e8f1fb; border-radius: 12px 0 0 12px; }
.peer { color: #9a4300; background: #fdf0e3; border-radius: 0 12px 12px 0;
  margin-left: -4px; }
"""


def drawing() -> str:
    """HTML of the picture; the names are those that the recorded client had."""
    names = [
        step.names["client"]
        for step in runs.load_run(RUN).steps
        if step.call == "connect" and "client" in step.names
    ]
    heading = (
        '<span class="bind">bind()</span> and <span class="connect">connect()</span>'
    )
    return (
        f'<meta charset="utf-8"><style>{STYLE}</style><h1>{heading}</h1>'
        f"{card(names[-1])}<p>How a socket gets its two names</p>"
    )


def main() -> None:
    from playwright.sync_api import sync_playwright

    known = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, known)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(drawing())
        page.screenshot(path=TARGET)
        chromium.close()
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
