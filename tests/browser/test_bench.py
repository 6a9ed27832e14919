"""The drawing of the playground in a real browser: each reflex, from the click to what it changes."""

import re

import pytest

from browser.looks import at_rest, button, ended, healthy, paused

SMALL = "samples=60&hidden=3,2&max_epochs=10000"
LINE = """(key) => {
  const style = getComputedStyle(document.querySelector(`[data-link="${key}"]`))
  return [parseFloat(style.strokeWidth), style.stroke, style.strokeDasharray]
}"""
WEIGHTS = "() => [...document.querySelector('.descent-lab-chart').bench.decoded[0].weights[0]]"
FLOW = """() => [...document.querySelectorAll('.flow')].map((path) => {
  const { strokeWidth, stroke, strokeDasharray, strokeOpacity } = getComputedStyle(path)
  return [path.dataset.flow, parseFloat(strokeWidth), stroke, strokeDasharray !== 'none', +strokeOpacity]
})"""
NUMBERS = """(kind) => document.querySelector('.descent-lab-chart').bench.decoded.map((link) => [...link[kind][0]])"""
PLANE = "() => document.querySelector('.descent-lab-bench .answer canvas').toDataURL()"
ON_IT = """() => {
  const path = document.querySelector('.hit'), box = path.ownerSVGElement.getBoundingClientRect()
  for (let share = 0.1; share < 0.9; share += 0.02) {
    const at = path.getPointAtLength(path.getTotalLength() * share)
    const place = [box.left + at.x, box.top + at.y]
    if (document.elementFromPoint(...place) === path) return place
  }
}"""


@pytest.fixture
def bench(server, visit):
    """The drawing of a small network that stands still after one epoch."""
    page = paused(visit(f"{server}/playground?{SMALL}", width=1280))
    page.set_viewport_size({"width": 1280, "height": 720})
    button(page, "Reset").click()
    page.get_by_text("step 0, epoch 0").wait_for()
    button(page, "Epoch").click()
    page.get_by_text("step 3,").wait_for()
    return at_rest(page)


def named(page, label: str):
    return page.get_by_role("button", name=label, exact=True)


def test_network_and_answer_share_the_first_screen_and_the_numbers_are_in_sight(bench):
    network, answer = (
        bench.locator(f".descent-lab-bench {part}").first.bounding_box() for part in (".net", "canvas >> nth=-1")
    )
    assert network["x"] + network["width"] <= answer["x"]
    assert network["y"] + network["height"] < 720
    assert answer["y"] + answer["height"] < 720
    told = bench.locator(".descent-lab-bench .told").inner_text()
    assert re.search(r"Epoch 1 · training loss [.0-9]+ · test loss [.0-9]+ · test accuracy [.0-9]+", told)
    assert bench.locator(".descent-lab-bench .legend").inner_text().startswith("class 0")
    healthy(bench)


def test_the_widths_of_the_links_are_the_weights_and_then_the_gradients(bench):
    weights = bench.evaluate(WEIGHTS)  # of unit 1 from x1 and x2, and so on
    drawn = [bench.evaluate(LINE, f"0,{unit},{source}") for unit in range(3) for source in range(2)]
    for (width, _, _), weight in zip(drawn, weights, strict=True):
        assert width == pytest.approx(0.4 + 5.6 * abs(weight) / max(map(abs, weights)), abs=0.01)
    assert len({color for _, color, _ in drawn}) == len({weight < 0 for weight in weights})
    assert not any(opacity for *_, opacity in bench.evaluate(FLOW))
    bench.get_by_text("Gradients on the links").click()
    gradients = bench.evaluate(NUMBERS, "gradients")
    most = max(abs(value) for each in gradients for value in each)
    flows = {key: width for key, width, _, _, opacity in bench.evaluate(FLOW) if opacity}
    for unit in range(3):
        for source in range(2):
            assert flows[f"0,{unit},{source}"] == pytest.approx(
                8 * abs(gradients[0][2 * unit + source]) / most, abs=0.02
            )
    healthy(bench)


def test_a_link_is_clicked_read_edited_and_frozen(bench):
    bench.mouse.move(*bench.evaluate(ON_IT))
    bench.get_by_text("x₁ → unit 1 of layer 1: weight").wait_for()
    bench.mouse.click(*bench.evaluate(ON_IT))
    form = bench.locator(".descent-lab-bench .edit")
    form.get_by_text("gradient").wait_for()
    assert form.get_by_label("Weight from").input_value() == "0"  # x₁
    form.get_by_label("New value").fill("9e9")
    form.get_by_role("button", name="Set").click()
    bench.get_by_text("weight is 9e+09, but must be in").wait_for()  # one sentence, and all goes on
    form.get_by_label("New value").fill("−2,5")
    form.get_by_label("New value").press("Enter")
    bench.wait_for_function(f"() => ({WEIGHTS})()[0] === -2.5")
    form.get_by_text("Frozen").click()
    bench.wait_for_function(f"() => ({LINE})('0,0,0')[2] !== 'none'")
    button(bench, "Run").click()
    bench.wait_for_function("() => document.querySelector('.descent-lab-strip').innerText.match(/step [0-9]{2}/)")
    assert bench.evaluate(WEIGHTS)[0] == -2.5
    healthy(bench)


def test_a_unit_is_reached_by_keyboard_and_a_unit_that_is_not_drawn_by_its_number(server, visit):
    page = paused(visit(f"{server}/playground?{SMALL.replace('3,2', '12')}", width=1280))
    at_rest(page)
    page.locator(".descent-lab-bench .unit[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    form = page.locator(".descent-lab-bench .edit")
    form.get_by_text("of 12, layer 1").wait_for()
    assert form.get_by_label("Unit").input_value() == "2"
    form.get_by_label("Unit").fill("11")
    form.get_by_label("Unit").press("Enter")
    page.get_by_text("unit 11 of layer 1: what it computes").wait_for()
    form.get_by_label("Weight from").select_option("x₂")
    form.get_by_label("New value").fill("4")
    form.get_by_label("New value").press("Enter")
    form.get_by_text("now 4, gradient").wait_for()
    form.get_by_label("New value").press("Escape")
    page.get_by_text("What the network predicts").wait_for()
    healthy(page)


WORKS = "(place) => document.querySelectorAll('.phases span')[place].dataset.works === 'true'"
OVER = "() => { const { motion } = document.querySelector('.descent-lab-chart').bench; return motion.share === 1 }"


def test_the_operations_look_different_and_their_widths_are_the_numbers(bench):
    """Links of 2-3-2-2 in the order of the drawing: unit by unit within each source."""
    before, looks = bench.evaluate(NUMBERS, "weights"), []
    for place, said in enumerate(
        ("samples go through", "for this batch", "No weight has moved", "each weight has moved")
    ):
        button(bench, "Operation").click()
        bench.wait_for_function(WORKS, arg=place)
        bench.wait_for_function(OVER)
        bench.locator(".descent-lab-bench .said").get_by_text(said).wait_for()
        drawn = bench.evaluate(FLOW)
        looks.append(bench.locator(".descent-lab-bench .net svg").inner_html())
        if place < 2:
            assert not any(opacity for *_, opacity in drawn)
            continue
        after = bench.evaluate(NUMBERS, "weights")
        shown = bench.evaluate(NUMBERS, "gradients")
        if place == 3:
            shown = [[b - a for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
        else:
            assert after == before  # backpropagation moves nothing
        most = max(abs(value) for each in shown for value in each)
        for key, width, _, dashed, opacity in drawn:
            layer, unit, source = map(int, key.split(","))
            value = shown[layer][unit * [2, 3, 2][layer] + source]
            assert width == pytest.approx(8 * abs(value) / most, abs=0.02)
            assert dashed == (value < 0)
            assert opacity == 1
        colors = {stroke for *_, stroke, _, _ in drawn}
        assert colors == {["rgb(123, 43, 255)", "rgb(189, 135, 1)"][place - 2]}
    assert len({*looks}) == 4
    healthy(bench)


def test_data_layers_units_and_inputs_are_changed_on_the_drawing(bench):
    for label in ("One unit more in layer 2", "One hidden layer more"):  # the second before the first is done
        bench.evaluate("(label) => document.querySelector(`[aria-label='${label}']`).click()", label)
    bench.wait_for_url(re.compile("hidden=3(,|%2C)3(,|%2C)4"))
    bench.get_by_text("3 hidden layers").wait_for()
    at_rest(bench)
    named(bench, "Input x₁x₂").click()
    bench.wait_for_url("**inputs=*product*")
    bench.locator("[aria-label='Input x₁x₂'][aria-pressed=true]").wait_for()
    named(bench, "Learn XOR").click()
    bench.wait_for_url("**dataset=xor*")
    bench.locator(".set[data-name=xor][aria-pressed=true]").wait_for()
    healthy(bench)


def test_a_unit_is_seen_large_and_the_answer_returns_when_its_layer_is_gone(bench):
    answer = bench.evaluate(PLANE)
    named(bench, "Show unit 2 of layer 2 large").hover()
    bench.get_by_text("unit 2 of layer 2: what it computes").wait_for()
    assert bench.evaluate(PLANE) != answer
    named(bench, "Show unit 2 of layer 2 large").click()
    bench.mouse.move(5, 5)
    bench.get_by_text("unit 2 of layer 2: what it computes").wait_for()  # it stays
    named(bench, "One hidden layer less").click()
    bench.get_by_text("The unit that you looked at is gone").wait_for()
    bench.get_by_text("What the network predicts").wait_for()
    healthy(bench)


def test_test_samples_and_a_discretized_answer_are_switched(bench):
    seen = {bench.evaluate(PLANE)}
    for label in ("Test samples", "Discretize"):
        bench.get_by_text(label, exact=True).click()
        seen.add(bench.evaluate(PLANE))
    assert len(seen) == 3
    assert "squares: test samples" in bench.locator(".descent-lab-bench .legend").inner_text()
    healthy(bench)


def test_a_finished_run_goes_on(server, visit):
    page = ended(visit(f"{server}/playground?samples=60&hidden=3&max_epochs=2"))
    named(page, "Go on without an end").click()
    page.get_by_text("no end: press Pause to stop").wait_for()
    page.wait_for_function("() => document.querySelector('.descent-lab-strip').innerText.match(/step [0-9]{2}/)")
    paused(page)
    healthy(page)
