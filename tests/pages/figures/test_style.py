"""Colours of charts, computed as people with a colour-vision deficiency see them."""

import re
import tomllib
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pytest
from plotly.colors import sample_colorscale

from pages.figures.common.style import ACTORS, DIVERGING, MARKS, PALETTE, SEQUENTIAL, color
from pages.figures.common.traces import heatmap

# linear RGB as a dichromat sees it: Machado, Oliveira & Fernandes 2009 (IEEE TVCG 15:1291-1298), severity 1
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
# linear RGB -> cone responses -> Oklab: Ottosson 2020
CONES = [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.68069955, 0.10739696], [0.08830246, 0.28171884, 0.6299787]]
LAB = [
    [0.21045426, 0.79361779, -0.00407205],
    [1.977998, -2.42859221, 0.45059371],
    [0.02590404, 0.78277177, -0.80867577],
]
JUST_NOTICED = 0.02  # distance in Oklab


def linear(shade):
    """sRGB "#rrggbb" as linear RGB."""
    parts = np.array([int(shade[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(shade, sight):
    return np.array(LAB) @ np.cbrt(np.array(CONES) @ np.clip(np.array(SIGHT[sight]) @ linear(shade), 0, 1))


def distance(one, other, sight):
    return np.linalg.norm(seen(one, sight) - seen(other, sight))


def contrast(one, other):
    dark, light = sorted(linear(shade) @ [0.2126, 0.7152, 0.0722] for shade in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
def test_all_colours_can_be_told_apart(sight):
    for one, other in combinations([*PALETTE, *ACTORS.values()], 2):
        assert distance(one, other, sight) > 2 * JUST_NOTICED, (one, other)


@pytest.mark.parametrize("sight", SIGHT)
def test_the_two_actors_stand_out(sight):
    assert distance(*ACTORS.values(), sight) > 10 * JUST_NOTICED
    for actor in ACTORS.values():
        assert min(distance(actor, other, sight) for other in PALETTE) > 3 * JUST_NOTICED


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_show_on_both_pages(theme):
    page = tomllib.loads(Path(".streamlit/config.toml").read_text())["theme"][theme]
    assert all(contrast(shade, page["backgroundColor"]) > 3 for shade in [*PALETTE, *ACTORS.values()])
    assert [page["violetColor"], page["orangeColor"]] == list(ACTORS.values())  # as the text names them


def test_contestants_have_a_mark_each():
    assert len(set(MARKS)) == len(MARKS) == len(PALETTE)
    assert color("backpropagation") == ACTORS["backpropagation"]


@pytest.mark.parametrize("colors", [SEQUENTIAL, DIVERGING])
def test_the_text_of_every_cell_of_a_heat_map_stands_out_from_its_colour(colors):
    z = np.linspace(-3, 5, 60).reshape(6, 10)
    drawn = heatmap(None, None, z, colors, z.astype(str), reversescale=True)
    shades = sample_colorscale(colors, 1 - np.linspace(0, 1, 60), colortype="rgb")
    for text, shade in zip(chain(*drawn["text"]), shades, strict=True):
        ink = re.search("color: (#[0-9a-f]{6})", text)[1]
        assert contrast(ink, "#" + "".join(f"{round(float(part)):02x}" for part in re.findall("[.0-9]+", shade))) > 4.5
