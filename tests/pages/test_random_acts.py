"""A visitor who turns everything, in any order: each act gets a result or a sentence, and never an internal error."""

import pytest
from visitor import ROOT, nobody_watching, opened

ACTS = 60
WORDS = ["", "1", "1, 2, 3", "abc", "1e400", "-1", "nan", "2..5", "<b>x</b>", "é"]
TABLES = [path for kind in ("field", "bad_files") for path in sorted((ROOT / "tests" / kind).glob("*.csv"))]


def one(options, rng):
    return list(options)[rng.integers(len(options))]


def _along(widget, rng):
    """A value of a slider, or two for a range."""
    low, high = widget.min, widget.max
    ends = sorted(one([low, high, low + (high - low) * rng.random()], rng) for _ in range(2))
    whole = [int(end) if isinstance(low, int) else end for end in ends]
    return whole if isinstance(widget.value, tuple | list) else whole[0]


def _text(widget, rng) -> str:
    return one(TABLES, rng).read_text(encoding="utf-8", errors="replace")[:20_000]


# What may be chosen of each kind of control, and a button is pressed
CHOICES = {
    "button": None,
    "slider": _along,
    "select_slider": lambda widget, rng: one(widget.options, rng),
    "selectbox": lambda widget, rng: one(widget.options, rng),
    "multiselect": lambda widget, rng: [*rng.permutation(widget.options)[: rng.integers(3)]],
    "toggle": lambda widget, rng: not widget.value,
    "checkbox": lambda widget, rng: not widget.value,
    "button_group": lambda widget, rng: one(widget.options, rng),
    "number_input": lambda widget, rng: one([widget.value, widget.min, widget.max], rng),
    "text_input": lambda widget, rng: one(WORDS, rng),
    "text_area": _text,
}


def _act(at, rng) -> str:
    """Do one thing on the page; returns what was done."""
    kind = one(CHOICES, rng)
    usable = [each for each in at.get(kind) if not each.disabled and getattr(each, "options", True)]
    if not usable:
        return ""
    widget, choose = one(usable, rng), CHOICES[kind]
    if choose is None:
        widget.click()
        return f"press {widget.key}"
    value = choose(widget, rng)
    widget.set_value(value)
    return f"{widget.key} = {str(value)[:40]!r}"


@pytest.mark.slow  # many acts on each page
@pytest.mark.parametrize("page", [path.stem for path in sorted((ROOT / "pages").glob("[a-z]*.py"))])
def test_whatever_a_visitor_does_a_page_goes_on(page, rng):
    done = []
    with nobody_watching():
        at = opened(page, veiled=True)
        for _ in range(ACTS):
            if not (act := _act(at, rng)):
                continue
            done.append(act)
            at.run()
            assert not at.exception, done
            assert "internal error" not in getattr(at.session_state.get(page), "message", ""), done
