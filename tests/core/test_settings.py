"""Settings: every field holds its bounds wherever a value comes from, and any text in a link is answered in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.settings import Settings, choice, choices, extra, number, numbers, switch
from core.studies import STUDIES
from core.studies.race import RaceSettings
from core.training import RunSettings


class Example(Settings):
    """One field of every kind."""

    colour: str = choice("red", ["red", "green"], "Colour", "")
    many: tuple[str, ...] = choices(("a",), "abc", "Letters", "")
    share: float = number(0.5, 0, 1, "Share", "")
    count: int = number(3, 1, 10, "Count", "")
    most: int | None = number(None, 1, 10, "Most", "")
    rates: tuple[float, ...] = numbers((0.1, 1.0), 1e-6, 10, "Rates", "")
    widths: tuple[int, ...] = number((8,), 1, 64, "Widths", "")
    on: bool = switch(True, "On", "")
    hyper: dict[str, int | float | bool | str | None] = {}


MODELS = [Example, RunSettings, RaceSettings, *(study.Settings for study in STUDIES.values())]
many = settings(max_examples=800)


def declaring(key):
    """Every model with each of its fields that declare `key`."""
    return [(model, name) for model in MODELS for name, field in model.model_fields.items() if key in extra(field)]


def shaped(model, name, value):
    """The value as the field takes it: alone, or in a tuple."""
    return (value,) if isinstance(model.model_fields[name].default, tuple) else value


def test_defaults_are_inside_their_bounds_and_leave_the_link_empty():
    for model in MODELS:
        assert model().to_text() == {}
        assert model.from_text({}) == (model(), [])
        for field in model.model_fields.values():
            assert isinstance(field.default, dict) or (field.title and field.description is not None)


def test_every_bound_holds():
    for model, name in declaring("low"):
        low, high = (extra(model.model_fields[name])[side] for side in ("low", "high"))
        whole = "int" in str(model.model_fields[name].annotation)
        for inside in (low, high):
            assert model(**{name: shaped(model, name, inside)})
        beyond = (
            [low - 1, high + 1] if whole else [np.nextafter(low, -np.inf).item(), np.nextafter(high, np.inf).item()]
        )
        for value in [*beyond, float("nan"), float("inf"), -float("inf"), "a", "1", True, b"1", [], 1j]:
            with pytest.raises(InputError, match=rf"^{name} is .*\[?"):
                model(**{name: shaped(model, name, value)})


def test_every_choice_holds():
    for model, name in declaring("options"):
        options = extra(model.model_fields[name])["options"]
        for option in options:
            assert model(**{name: shaped(model, name, option)})
        for value in (options[0] + "x", "", 3, True):
            with pytest.raises(InputError, match=rf"^{name} is "):
                model(**{name: shaped(model, name, value)})


def test_unknown_fields_are_named():
    for model in MODELS:
        with pytest.raises(InputError, match="nonsense is not a setting; the settings are"):
            model(nonsense=1)
        with pytest.raises(InputError, match="nonsense is not a setting"):
            model().replace(nonsense=1)
        assert model.from_text({"nonsense": "1"}) == (model(), [])  # of another page, or of an older version


def test_several_values():
    for bad in ((), ("a", "a")):
        with pytest.raises(InputError, match=r"many is .*1 to 32 different values"):
            Example(many=bad)
    with pytest.raises(InputError, match="rates is"):
        Example(rates=(0.1,) * 2)
    with pytest.raises(InputError, match=r"rates is .*1 to 32"):
        Example(rates=tuple(float(k) for k in np.linspace(0.1, 1, 33)))
    assert Example(widths=(4, 4)).widths == (4, 4)
    assert Example.from_text({"widths": "None"})[0].widths == ()


def test_settings_are_frozen_and_equal_by_value():
    one = Example(share=0.25)
    assert one == Example().replace(share=0.25)
    with pytest.raises(ValueError, match="frozen"):
        one.share = 0.5


REFUSED = [
    "nan",
    "inf",
    "-inf",
    "1e999",
    "１",
    "٣",
    "1_0",
    " 1",
    "1 ",
    "0x10",
    "1,5",
    "+1",
    "",
    "--1",
    "1e",
    "½",
    "1" * 5000,
]


@pytest.mark.parametrize("text", [*REFUSED, "0" * 5000, "0." + "1" * 5000], ids=lambda text: repr(text[:8]))
def test_numbers_are_read_strictly(text):
    for name in ("share", "count", "most", "rates", "widths"):
        found, notices = Example.from_text({name: text})
        if name in ("rates", "widths") and text == "1,5":
            continue  # two numbers, not one
        assert found == Example()
        assert len(notices) == (text != "")
        assert all(notice.startswith(name) and notice.endswith("the default is used instead.") for notice in notices)
        assert all(len(notice) < 200 for notice in notices)


def test_what_is_out_of_bounds_in_a_link_is_named():
    found, notices = Example.from_text({"share": "2", "count": "4", "colour": "gren", "on": "yes"})
    assert found == Example(count=4)
    assert notices[0].startswith("share is 2, but must be in [0, 1]")
    assert "did you mean 'green'" in notices[1]
    assert len(notices) == 3


ODD = [*REFUSED, "-5", "2.7", "abc", "maybe", "1", "9" * 5000, "<script>", "x" * 10**5]
TEXTS = st.text(max_size=30) | st.from_regex(r"[-0-9eE.,:_]{1,12}", fullmatch=True) | st.sampled_from(ODD)
TEXTS |= st.integers().map(str) | st.floats().map(str)


@many
@given(st.data(), st.sampled_from(MODELS))
def test_l1_to_l12_any_link_to_any_page_gives_settings_or_sentences(data, model):
    fields = st.sampled_from([*model.model_fields, "nonsense", "__proto__", "constructor"]) | st.text()
    link = data.draw(st.dictionaries(fields, TEXTS, max_size=5))
    found, notices = model.from_text(link)
    assert isinstance(found, model)
    assert model(**found.model_dump()) == found
    assert all(notice.endswith(".") and len(notice) < 5000 for notice in notices)
    read = {name for name, text in link.items() if name in model.model_fields and text}
    assert len(notices) <= len(read) + 1
    assert model.from_text(found.to_text()) == (found, [])


def values_of(field):
    """A strategy for valid values of a field."""
    declared, kind = extra(field), str(field.annotation)
    if "options" in declared:
        options = st.sampled_from(declared["options"])
        several = st.lists(options, min_size=1, max_size=5, unique=True).map(tuple)
        return several if isinstance(field.default, tuple) else options
    if "low" in declared:
        low, high = declared["low"], declared["high"]
        each = st.integers(low, high) if "int" in kind else st.floats(low, high)
        each = each | st.none() if "None" in kind else each
        several = st.lists(each, min_size=1, max_size=5, unique=True).map(tuple)
        return several if isinstance(field.default, tuple) else each
    return st.booleans() if field.annotation is bool else st.just(field.default)


@many
@given(st.data(), st.sampled_from(MODELS))
def test_l15_a_link_brings_back_any_settings_of_any_page(data, model):
    chosen = {name: data.draw(values_of(field)) for name, field in model.model_fields.items()}
    try:
        found = model(**chosen)
    except InputError:  # settings that contradict each other; the sentence is tested elsewhere
        return
    link = found.to_text()
    assert model.from_text(link) == (found, [])
    assert sum(len(name) + len(text) + 2 for name, text in link.items()) < 2000


def test_hyper_parameters_in_a_link():
    hyper = {"momentum": 0.9, "ns_steps": 3, "centered": True, "adjust_lr_fn": "original", "line_search_fn": None}
    run = RunSettings(hyper=hyper)
    assert RunSettings.from_text(run.to_text()) == (run, [])
    assert type(RunSettings.from_text(run.to_text())[0].hyper["ns_steps"]) is int


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hidden": 8}, r"hidden is 8, but must be a tuple such as \(8,\), each in \[1, 4096\]"),
        ({"hidden": [8, 4]}, r"hidden is \[8, 4\], but must be a tuple such as \(8, 4\), each"),
        ({"layers": "dense-3"}, r"must be a tuple such as \('dense-3',\)$"),
    ],
)
def test_a_value_that_should_be_a_tuple_is_shown_as_one(given, said):
    with pytest.raises(InputError, match=said):
        RunSettings(**given)


def test_the_effort_grows_with_what_there_is_more_of_and_defaults_are_the_measure():
    for model in MODELS:
        start = model()
        assert start.effort() == pytest.approx(1)
        for name, field in model.model_fields.items():
            declared = extra(field)
            if declared.get("work") and field.default < declared["high"]:
                more = start.replace(**{name: type(field.default)(declared["high"])})
                assert more.effort() == pytest.approx((declared["high"] / field.default) ** declared["work"])
