"""Scenes: what they write is what was recorded, and it lies inside the picture."""

import re

import pytest

from docs._ext.cards import shown_name
from docs._ext.runs import scenes
from docs._ext.runs.drawing import WIDTH
from evidence import runs
from tests.site.pages import all_fences


def drawn(name: str) -> str:
    scene = scenes.SCENES[name]
    return scenes.figure(name, runs.load_run(scene.run), "", "")


@pytest.mark.parametrize("name", scenes.SCENES)
def test_names_and_errors_are_those_of_the_recording(name):
    recording = runs.load_run(scenes.SCENES[name].run)
    names = {
        shown_name(one)
        for step in recording.steps
        for pair in step.names.values()
        for one in pair
    }
    errors = {step.error or step.result for step in recording.steps}
    svg = drawn(name).partition("</svg>")[0]
    assert set(re.findall(r'class="name"[^>]*>([^<]+)<', svg)) <= names
    assert set(re.findall(r"\bE[A-Z]{4,}\b", svg)) <= errors


@pytest.mark.parametrize("name", scenes.SCENES)
def test_boxes_lie_inside_the_picture(name):
    svg = drawn(name).partition("</svg>")[0]
    height = float(re.search(r'viewBox="0 0 \d+ ([\d.]+)"', svg)[1])
    for x, y, width, tall in re.findall(
        r'<rect[^>]*x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg
    ):
        assert float(x) + float(width) <= WIDTH + 1
        assert float(y) + float(tall) <= height


def test_each_scene_is_on_a_page():
    shown = {fence.argument for fence in all_fences() if fence.kind == "{scene}"}
    assert shown == set(scenes.SCENES)


@pytest.mark.parametrize("name", scenes.SCENES)
def test_words_say_the_same(name):
    assert "<li>" in drawn(name)


def test_unknown_scene_is_refused(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{scene} doorway\n```\n")
    assert "no scene 'doorway'; there are queue, mirrored" in small_site.build()
