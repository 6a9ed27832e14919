"""A class in the browser: a teacher makes a link with the builder, a student opens it on a phone and tries to leave."""

import re
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import TimeoutError

from browser.looks import button, ended, healthy
from core.classroom import FREE, ClassLink

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
START = "depth?steps=10&depths=1&initializers=kaiming&rate=same"


def choose(page, label: str, *options: str) -> None:
    """Take options of a list by the first words of their names, and close it again."""
    field = page.get_by_test_id("stMultiSelect").filter(has_text=re.compile(f"^{re.escape(label)}")).first
    for option in options:
        taken = field.get_by_text(option).first
        for patience in (3_000, 6_000, 12_000, 30_000):  # a new picture of the page can close the list
            if taken.is_visible():
                break
            with suppress(TimeoutError):
                field.get_by_role("combobox").click(timeout=patience)
                field.get_by_role("combobox").fill(option, timeout=patience)
                named = page.get_by_role("option").filter(has_text=re.compile(f"^{re.escape(option)}")).first
                named.click(timeout=patience)
                page.keyboard.press("Escape")
                taken.wait_for(timeout=patience)
        taken.wait_for()


@pytest.fixture(scope="module")
def made(server, chromium):
    """The address that the builder gives for two fixed and three hidden settings, no solution and a paused start."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(f"{server}/{START}")
    ended(page)
    page.get_by_text("Make a link for a class").click()
    choose(page, "Fixed", "Activation", "Steps")
    choose(page, "Fixed, and not shown", "Units per layer", "Training samples", "Batch size")
    choose(page, "Not shown", "solutions")
    page.get_by_text("Start paused").click()
    page.get_by_label("Your title").fill("Deep networks")
    page.get_by_label("The task").fill("Say what you expect.\n<img src=x onerror=alert(1)> ![](https://x.org/a.png)")
    page.get_by_label("The task").blur()
    page.get_by_alt_text("QR code of the link for your class").wait_for()
    address = finished(page)
    assert not page.locator("[data-testid=stException]").count()
    page.close()
    return address


def finished(page) -> str:
    """The link, once it carries what was typed and chosen last."""
    while True:
        address = page.get_by_role("textbox", name="The link for your class").input_value()
        text = parse_qs(urlsplit(address).query).get("class", [""])[0]
        mine = ClassLink.from_text(text).on("depth") if text else FREE
        if mine.task and mine.paused:
            assert list(mine.fixed) == ["activation", "width", "samples", "batch_size", "steps"]
            assert len(mine.hidden) == 3
            assert mine.left_out == ("solutions",)
            return address
        page.wait_for_timeout(100)


@pytest.fixture
def student(chromium, made):
    context = chromium.new_context(**PHONE)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.faults, page.asked = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(made)
    page.get_by_text("Set by a teacher").wait_for()
    yield page
    context.close()


def settings_of(page):
    """The settings in the sidebar, which a phone keeps closed at first."""
    page.get_by_test_id("stExpandSidebarButton").click()
    side = page.get_by_test_id("stSidebarUserContent")
    side.get_by_text("Activation").first.wait_for()
    return side


def test_a_student_on_a_phone_predicts_runs_and_finds_no_way_around(student, server):
    assert student.get_by_text("Deep networks").is_visible()
    assert student.get_by_text("<img src=x onerror=alert(1)>").is_visible()
    assert not any("x.org" in url for url in student.asked)
    student.get_by_text("paused").first.wait_for()
    assert student.get_by_role("button", name="Show me").count() == 0
    student.get_by_test_id("stButtonGroup").get_by_text("Kaiming").click()
    button(student, "Run").click()
    ended(student)
    student.get_by_text("Takeaway").wait_for()
    side = settings_of(student)
    for label in ("Units per layer", "Training samples", "Batch size"):
        assert side.get_by_text(label).count() == 0
    assert side.get_by_role("combobox", name=re.compile("Activation")).is_disabled()
    assert side.get_by_text("Target loss").is_visible()
    student.reload()
    student.get_by_text("Set by a teacher").wait_for()
    student.get_by_text("paused").first.wait_for()
    healthy(student)


@pytest.mark.slow
def test_an_edited_address_keeps_what_is_fixed_or_is_visibly_no_class(student, made, server):
    student.goto(f"{made}&steps=3000&width=64&activation=tanh")
    student.get_by_text("is fixed for this class").first.wait_for()
    assert student.get_by_text("is fixed for this class").count() == 3
    student.wait_for_function("() => !location.search.includes('steps=')")
    assert "class=" in student.url
    student.goto(made[:-3] + "AAA")
    student.get_by_text("This is not a complete class link").wait_for()
    assert student.get_by_text("Set by a teacher").count() == 0
    student.wait_for_function("() => !location.search.includes('class=')")
    student.goto(made.replace("/depth?", "/minima?"))
    student.get_by_text("your teacher's link is for another").wait_for()
    assert student.get_by_text("Set by a teacher").count() == 0
    student.get_by_test_id("stPageLink-NavLink").filter(has_text="Depth and convergence").first.click()
    student.get_by_text("Set by a teacher").wait_for()
    student.wait_for_function("() => location.search.includes('class=')")
    healthy(student)


@pytest.mark.slow
def test_the_free_page_opens_beside_the_class(student):
    with student.context.expect_page() as opened:
        student.get_by_role("link", name="Open the free page").click()
    free = opened.value
    free.locator("h1").wait_for()
    free.get_by_text("Make a link for a class").wait_for()
    assert free.get_by_text("Set by a teacher").count() == 0
    assert student.get_by_text("Set by a teacher").is_visible()


@pytest.mark.slow
def test_the_page_at_the_root_gives_a_link_that_leads_back_to_it(server, chromium):
    page = chromium.new_page()
    page.set_default_timeout(60_000)
    page.goto(server)
    page.get_by_text("Make a link for a class").click()
    field = page.get_by_role("textbox", name="The link for your class")
    field.wait_for()
    page.wait_for_function("(field) => field.value", arg=field.element_handle())
    page.goto(field.input_value())
    page.get_by_text("Set by a teacher").wait_for()
    page.wait_for_function("() => location.search.includes('class=')")
    assert page.url.startswith(server)
    page.close()
