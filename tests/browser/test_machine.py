"""The machine by itself, in a tab without the app: what it draws is what the numbers say, at every step of it."""

import re

import pytest

from browser.looks import ended
from core.studies import chain_rule
from core.studies.motion import Motion
from pages.figures.common.style import ACTORS
from pages.ui.frame.exhibits import learning
from pages.ui.live.board import text

SCRIPT = text("machine.html", "svg.js", "parts.js", "network.js", "machine.js")
STYLES = text("actors.css", "machine.css")
THINNEST, WIDEST = 0.75, 9.0
LINES = """() => [...document.querySelectorAll('.link')].map((link) => Object.fromEntries(
  ['grown', 'weight', 'shrunk', 'slope'].map((name) => {
    const style = getComputedStyle(link.querySelector(`.${name}`))
    return [name, { width: parseFloat(style.strokeWidth), color: style.stroke, opacity: +style.strokeOpacity,
      dashed: style.strokeDasharray !== 'none' }]
  })))"""
RINGS = """() => Object.fromEntries([...document.querySelectorAll('.unit:not(.one)')].map((unit) => {
  const [ring, light] = ['.delta', '.activation'].map((part) => getComputedStyle(unit.querySelector(part)))
  return [unit.dataset.unit, { width: parseFloat(ring.strokeWidth), color: ring.stroke, shown: +ring.strokeOpacity,
    dashed: ring.strokeDasharray !== 'none', light: +light.fillOpacity }]
}))"""


@pytest.fixture
def shown(tab):
    """Show a motion: shown(motion, **what the message says besides) -> page."""

    def show(motion: Motion, still: bool = False, **more):
        page = tab(width=1000)
        page.emulate_media(reduced_motion="reduce" if still else "no-preference")
        page.set_content(f"<style>:root {{ --st-text-color: #222 }} {STYLES}</style><div id='place'></div>")
        data = {"motion": motion.to_json(), "height": 300, "plays": False, "simple": False, "beside": False}
        page.evaluate(
            """async ([source, data]) => {
              const script = new Blob([source], { type: "text/javascript" })
              const { default: show } = await import(URL.createObjectURL(script))
              show({ data, parentElement: document.querySelector("#place") })
            }""",
            [SCRIPT, data | more],
        )
        page.locator(".link").first.wait_for(state="attached")
        return page

    return show


def rgb(shade):
    return f"rgb({', '.join(str(int(shade[i : i + 2], 16)) for i in (1, 3, 5))})"


def width(value, of):
    return pytest.approx(THINNEST + (WIDEST - THINNEST) * abs(value) / max(map(abs, of)), rel=1e-3)


def press(page, label):
    page.get_by_role("button", name=label, exact=True).click()


def step_to(page, place):
    for _ in range(place):
        press(page, "Step")


def test_widths_and_colours_are_the_numbers_of_each_phase(shown):
    motion = learning()
    page, update = shown(motion), motion.updates[0]
    weights = [w for each in motion.updates for w in (*each.before, *each.after)]
    slopes = [slope for each in motion.updates for slope in each.gradients]
    lines = page.evaluate(LINES)
    assert len(lines) == len(motion.links)
    for line, before in zip(lines, update.before, strict=True):
        assert line["weight"]["width"] == width(before, weights)
        assert line["weight"]["dashed"] == (before < 0)
        assert line["slope"]["opacity"] == line["grown"]["opacity"] == line["shrunk"]["opacity"] == 0
    step_to(page, 2)
    for line, slope in zip(page.evaluate(LINES), update.gradients, strict=True):
        assert line["slope"]["width"] == width(slope, slopes)
        assert line["slope"]["dashed"] == (slope < 0)
        assert line["slope"]["color"] == rgb(ACTORS["backpropagation"])
        assert (line["slope"]["opacity"], line["grown"]["opacity"]) == (1, 0)
    press(page, "Step")
    for line, before, after in zip(page.evaluate(LINES), update.before, update.after, strict=True):
        new = line["grown" if abs(after) > abs(before) else "shrunk"]
        assert new["opacity"] == 1
        assert new["width"] == width(after, weights)
        assert new["color"] == rgb(ACTORS["optimizer"])
        assert line["weight"]["width"] == width(before, weights)
        assert line["slope"]["opacity"] < 0.3  # the other actor has done its part
    assert not page.faults


def test_units_light_up_by_their_activations_and_are_ringed_by_their_deltas(shown):
    motion = learning()
    page, update = shown(motion), motion.updates[0]
    names = [name for layer in motion.layers for name in layer]
    real = [place for place, name in enumerate(names) if not name.startswith("1")]
    most = max(abs(each.activations[place]) for each in motion.updates for place in real)
    deltas = [delta for each in motion.updates for delta in each.deltas]
    rings = page.evaluate(RINGS)
    assert [*rings] == [names[place] for place in real]
    for place in real:
        light = 0.08 + 0.82 * abs(update.activations[place]) / most
        assert rings[names[place]]["light"] == pytest.approx(light, abs=1e-3)
        assert rings[names[place]]["shown"] == 0
    step_to(page, 2)
    rings = page.evaluate(RINGS)
    for place in real[2:]:
        ring, delta = rings[names[place]], update.deltas[place]
        assert ring["shown"] == 1
        assert ring["width"] == width(delta, deltas)
        assert ring["dashed"] == (delta < 0)
        assert ring["color"] == rgb(ACTORS["backpropagation"])
    assert rings["x1"]["shown"] == 0  # inputs have none


@pytest.mark.slow
def test_the_error_is_seen_to_travel_back_and_the_weights_to_move_when_it_is_played(shown):
    page = shown(learning(), plays=True)
    seen = page.evaluate(
        """async () => {
          const player = document.querySelector('.descent-lab-machine').player
          const known = (name) => +document.querySelector(`[data-unit=${name}] .delta`).getAttribute('stroke-opacity')
          const halves = []
          while (player.motion.moments[player.at].update === 0) {
            const { phase } = player.motion.moments[player.at]
            if (phase === 'gradient') halves.push([known('o'), known('g1'), known('h1')])
            await new Promise(requestAnimationFrame)
          }
          return halves
        }"""
    )
    assert all(output >= inner >= first for output, inner, first in seen)
    assert any(output > 0.5 > first for output, _, first in seen)
    assert seen[-1] == [1, 1, 1]
    press(page, "Pause")
    at = page.evaluate("() => document.querySelector('.descent-lab-machine').player.at")
    press(page, "Back")
    assert page.locator(".controls .at").inner_text() == f"{at} of {len(learning().moments)}"
    assert not page.faults


def test_the_loss_is_drawn_for_each_update_made(shown):
    motion = learning()
    page = shown(motion)
    page.get_by_role("slider", name="Place in the motion").fill(str(len(motion.moments) - 1))
    bars = page.evaluate("() => [...document.querySelectorAll('.bar')].map((bar) => +bar.getAttribute('height'))")
    losses = [update.loss for update in motion.updates]
    assert bars == sorted(bars, reverse=True)
    assert bars == pytest.approx([bars[0] * loss / losses[0] for loss in losses], rel=1e-4)
    assert losses[-1] < losses[0] / 4


def test_those_who_ask_for_less_motion_go_by_steps_and_are_told_each_phase(shown):
    motion = learning()
    page = shown(motion, still=True, plays=True, simple=True)
    page.wait_for_timeout(300)
    assert page.get_by_role("button").all_inner_texts() == ["Step"]
    said = page.locator("[aria-live]")
    for moment in motion.moments[:5]:
        assert said.inner_text() == moment.text
        assert said.get_attribute("aria-live") == "polite"
        assert page.get_by_role("img").get_attribute("aria-label") == moment.text
        assert page.evaluate("() => document.querySelector('.descent-lab-machine').player.share") == 1
        press(page, "Step")


def test_what_plays_by_itself_is_not_read_aloud(shown):
    page = shown(learning(), plays=True, simple=True)
    assert page.get_by_role("button").all_inner_texts() == ["Pause"]
    assert page.locator("[aria-live]").get_attribute("aria-live") == "off"
    press(page, "Pause")
    assert page.locator("[aria-live]").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_the_opening_shows_which_half_does_what_to_someone_who_touches_nothing(server, visit, scheme):
    page = visit(server, width=1280, scheme=scheme, charts=False)
    for half, actor in (("source", "backpropagation"), ("use", "optimizer")):
        chip = page.locator(f".actors .{half}[data-works=true]")
        chip.wait_for()
        assert chip.evaluate("(chip) => getComputedStyle(chip).backgroundColor") == rgb(ACTORS[actor])
    assert not page.faults


def test_the_opening_stands_beside_the_trial_whose_question_and_chart_are_in_view(server, visit):
    page = visit(server, width=1280)
    page.set_viewport_size({"width": 1280, "height": 720})
    places = [
        page.locator(place).first.bounding_box()
        for place in (
            "h1",
            ".st-key-trial-asked",
            ".st-key-run-controls",
            ".st-key-stage .descent-lab-chart",
            ".actors",
        )
    ]
    title, asked, controls, chart, actors = places
    assert 0 < title["y"] < title["y"] + title["height"] <= asked["y"] + 4
    assert asked["y"] + asked["height"] < controls["y"] < chart["y"] < 720 - 240
    assert actors["x"] >= chart["x"] + chart["width"]
    assert actors["y"] + actors["height"] < 720
    page.set_viewport_size({"width": 820, "height": 720})  # no room for both
    page.wait_for_function(
        "() => document.querySelector('.actors').getBoundingClientRect().bottom"
        " < document.querySelector('.st-key-stage .descent-lab-chart').getBoundingClientRect().top"
    )
    assert not page.faults


def test_each_door_of_the_opening_leads_somewhere(server, visit):
    page = visit(server, width=1280, charts=False)
    for door, address in (
        ("questions and answers", "answers"),
        ("my own data", "playground"),
        ("compare settings", "sweeps"),
    ):
        assert address in page.get_by_role("link", name=re.compile(door)).get_attribute("href")
    page.get_by_role("link", name=re.compile("first lesson")).click()
    page.wait_for_url("**/playground?**lesson=two_halves**")
    page.get_by_text("Lesson 1 of 8").first.wait_for()
    assert not page.faults


def test_the_halves_are_exchanged_on_one_screen(server, visit):
    page = visit(f"{server}/question", width=1280, charts=False)
    page.set_viewport_size({"width": 1280, "height": 720})
    pairs = page.locator(".st-key-pairs")
    page.get_by_role("button", name="Show me").click()
    pairs.get_by_text("central differences", exact=True).click()
    page.get_by_text("You exchanged the source").wait_for()
    chip = page.locator(".actors .source")
    page.wait_for_function("(chip) => chip.dataset.works === 'true'", arg=chip.element_handle())
    assert chip.inner_text() == "⇄ Central differences"
    assert page.evaluate("() => document.querySelector('.descent-lab-machine').player.motion.updates[0].deltas") == []
    for seen in (page.get_by_role("heading", level=1), page.locator("svg.network"), page.locator(".said")):
        box = seen.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720 + 12  # the last line of words may need one more
    pairs.get_by_text("L-BFGS", exact=True).click()
    pairs.get_by_text("SPSA", exact=True).click()
    page.get_by_text("does not go together with SPSA").wait_for()
    assert chip.inner_text().removeprefix("⇄ ") in ("Central differences", "SPSA")  # the last pair that goes together
    assert not page.faults


@pytest.fixture(scope="module")
def walk():
    return next(chain_rule.run(chain_rule.Settings())).walk


def test_each_operation_shows_its_formula_and_the_numbers_of_its_links(shown, walk):
    page, motion = shown(walk.motion(), beside=True), walk.motion()
    for place, moment in enumerate(motion.moments[:8]):
        parts = page.locator(".parts")
        told = [*zip(parts.locator("dt").all_inner_texts(), parts.locator("dd").all_inner_texts(), strict=True)]
        assert told == [*moment.parts]
        numbers = [text for text in page.locator("text.number").all_text_contents() if text]
        assert len(numbers) == len(moment.links)
        assert page.locator(".controls .at").inner_text() == f"{place + 1} of {len(motion.moments)}"
        press(page, "Step")
    assert page.locator("input[type=range]").count() == 1


GUESSES = {
    "right": (lambda value: repr(value), "Right."),
    "near": (lambda value: f"{1.5 * value:.6f}".replace(".", ","), "You are off by 50 %."),
    "of the other sign": (lambda value: f"{-3 * value:.6f}".replace("-", "−"), "and the sign is the other one."),
}


@pytest.mark.parametrize("kind", GUESSES)
def test_a_prediction_is_compared_with_the_number_that_comes_next(shown, walk, kind):
    page = shown(walk.motion(), beside=True)
    name, value = walk.operations[0].asks
    typed, judged = GUESSES[kind]
    assert page.locator(".guess label").inner_text().strip() == f"Predict: {name} ="
    page.locator(".guess input").fill(typed(value))
    press(page, "Check")
    assert page.get_by_role("status").inner_text().endswith(judged)
    assert page.locator(".controls .at").inner_text().startswith("2 of")
    assert walk.operations[1].asks[0] in page.locator(".guess label").inner_text()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type one number, such as 0.25."),
        ("abc", "Type one number, such as 0.25."),
        ("1 2", "Type one number, such as 0.25."),
        ("1e9", "Type a number from −1,000,000 to 1,000,000."),
        ("Infinity", "Type a number from −1,000,000 to 1,000,000."),
        ("<b>1</b>", "Type one number, such as 0.25."),
    ],
)
def test_what_is_no_prediction_gets_a_sentence_and_nothing_is_shown(shown, walk, typed, sentence):
    page = shown(walk.motion(), beside=True)
    page.locator(".guess input").fill(typed)
    press(page, "Check")
    assert page.get_by_role("status").inner_text() == sentence
    assert page.locator(".controls .at").inner_text().startswith("1 of")
    assert not page.faults


LARGE = "?dataset=own&inputs=4&hidden=4&outputs=3"


@pytest.mark.parametrize("link", [pytest.param("", marks=pytest.mark.slow), LARGE])
def test_the_network_of_the_chain_rule_stays_in_view_at_each_step(server, visit, link):
    page = visit(f"{server}/chain_rule{link}", width=1280, charts=False)
    page.set_viewport_size({"width": 1280, "height": 720})
    svg = page.locator("svg.network")
    svg.wait_for()
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    before = svg.bounding_box()
    for _ in range(12):
        page.locator(".descent-lab-machine").get_by_role("button", name="Step", exact=True).click()
    assert page.locator(".controls .at").inner_text().startswith("13 of")
    ended(page)
    page.evaluate("() => document.querySelector('h1').scrollIntoView()")
    assert page.locator(".stMain input[type=range]:visible").count() == 1
    after = svg.bounding_box()
    assert abs(after["y"] - before["y"]) <= 8
    assert after["y"] + after["height"] <= 720
    assert not page.faults
