"""A teacher's link: it comes back as it was made, holds what it says, and is none once a sign of it was changed."""

import base64
import json
import string
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.classroom.links import FREE, LONGEST, MOST_PAGES, ClassLink, ClassPage, code, joined, takes_limits
from core.settings import Settings, extra
from core.studies import STUDIES

MODELS = {name: study.Settings for name, study in STUDIES.items()}
DEPTH, PLAYGROUND = MODELS["depth"], MODELS["playground"]
HELD = ClassPage(
    page="depth",
    start={"steps": "40"},
    fixed={"seeds": "7", "activation": "tanh"},
    hidden=("seeds",),
    ranges={"width": (4, 8)},
    left_out=("solutions",),
    paused=True,
    title="Ten layers",
    task="Predict.\nRun.",
    question="Why?",
)
TEXTS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
)


def widest(field):
    """The limits that leave a setting as free as it is."""
    declared = extra(field)
    if "options" in declared:
        return tuple(declared["options"])
    return float(declared["low"]), float(declared["high"])


@st.composite
def class_pages(draw, name):
    """What a builder may make of a page: values that its settings take, all of them fixed, free or within a range."""
    model = MODELS[name]
    texts = {each: text for each, text in model().to_text(model.model_fields).items() if text}
    fixed = draw(st.sets(st.sampled_from(sorted(texts)), max_size=6))
    free = sorted(name for name, field in model.model_fields.items() if takes_limits(field) and name not in fixed)
    ranged = draw(st.sets(st.sampled_from(free), max_size=2)) if free else set()
    limits = {each: widest(model.model_fields[each]) for each in ranged}
    return ClassPage(
        page=name,
        fixed={each: texts[each] for each in sorted(fixed)},
        hidden=tuple(sorted(draw(st.sets(st.sampled_from(sorted(fixed)))) if fixed else ())),
        ranges=limits,
        left_out=tuple(draw(st.lists(TEXTS.map(lambda text: text[:120]), max_size=3))),
        paused=draw(st.booleans()),
        title=draw(TEXTS)[:120],
        task=draw(TEXTS)[:1000],
        question=draw(TEXTS)[:300],
    )


@settings(max_examples=60)
@given(st.data(), st.lists(st.sampled_from(sorted(MODELS)), min_size=1, max_size=3, unique=True))
def test_a_link_comes_back_as_it_was_made_and_begins_on_its_pages(data, names):
    link = joined([data.draw(class_pages(name)) for name in names], "0.2.0")
    back = ClassLink.from_text(link.to_text())
    assert back == link
    for name in names:
        begun = back.on(name).begin(MODELS[name])
        assert begun == back.on(name).hold(begun) == MODELS[name]()


def signs_changed(text):
    """Every text that one changed, lost, doubled or added sign makes of it."""
    for place in range(len(text)):
        for sign in string.ascii_letters + string.digits + "-_.=+/% ":
            yield text[:place] + sign + text[place + 1 :]
        yield text[:place] + text[place + 1 :]
        yield text[:place] + text[place] + text[place:]


def test_no_change_of_a_single_sign_leaves_a_class_link():
    text = joined([HELD], "0.2.0").to_text()
    tried = {changed for changed in signs_changed(text) if changed != text}
    assert len(tried) > 60 * len(text)
    for changed in tried:
        with pytest.raises(InputError, match="not a complete class link"):
            ClassLink.from_text(changed)


def test_who_makes_the_code_anew_gets_another_one():
    text = joined([HELD], "0.2.0").to_text()
    freed = joined([HELD.model_copy(update={"fixed": {}, "hidden": ()})], "0.2.0").to_text()
    assert ClassLink.from_text(freed).on("depth").fixed == {}
    assert text.partition(".")[2] != freed.partition(".")[2]


def packed(contents: bytes) -> str:
    """A text with the right code around any contents."""
    letters = base64.urlsafe_b64encode(zlib.compress(contents, 9)).decode().rstrip("=")
    return f"{letters}.{code(letters)}"


def as_json(**changes) -> bytes:
    page = {"page": "depth", "fixed": {"seeds": "7"}} | changes
    return json.dumps({"version": "1", "pages": [page]}).encode()


HOSTILE = {
    "nothing": "",
    "a point": ".",
    "signs outside ASCII": "é" * 40 + ".AAAAAAAA",
    "no base64": f"!!!.{code('!!!')}",
    "not packed": f"AAAA.{code('AAAA')}",
    "100 KB": "A" * 100_000,
    "a bomb": packed(b"[" + b" " * 2_000_000),
    "more behind": (lambda letters: f"{letters}.{code(letters)}")(
        base64.urlsafe_b64encode(zlib.compress(as_json()) + b"more").decode().rstrip("=")
    ),
    "no JSON": packed(b"\xff\xfe"),
    "deep JSON": packed(b"[" * 30_000),
    "a list": packed(b"[1]"),
    "no pages": packed(b'{"version": "1", "pages": []}'),
    "unknown": packed(as_json(__proto__={})),
    "numbers for texts": packed(as_json(fixed={"seeds": 7})),
    "an empty value": packed(as_json(fixed={"seeds": ""})),
    "no name": packed(as_json(page="")),
    "a long title": packed(as_json(title="x" * 121)),
    "a long task": packed(as_json(task="x" * 1001)),
    "control signs": packed(as_json(task="\x1b[31m")),
    "turned text": packed(as_json(title="\u202egpj")),
    "half a sign": packed(b'{"version": "1", "pages": [{"page": "depth", "title": "\\ud800"}]}'),
    "hidden, not fixed": packed(as_json(hidden=["width"])),
    "fixed, with a range": packed(as_json(ranges={"seeds": [1, 2]})),
    "an endless range": packed(b'{"version": "1", "pages": [{"page": "depth", "ranges": {"width": [4, 1e999]}}]}'),
    "twice": packed(json.dumps({"version": "1", "pages": [{"page": "depth"}] * 2}).encode()),
    "too many": packed(json.dumps({"version": "1", "pages": [{"page": f"p{k}"} for k in range(13)]}).encode()),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_l10_l11_what_no_builder_wrote_is_refused_in_a_sentence(name):
    with pytest.raises(InputError, match=r"^this is not a (complete )?class link") as refused:
        ClassLink.from_text(HOSTILE[name])
    assert len(str(refused.value)) < 120


UNFIT: dict[str, tuple[dict, str]] = {
    "another version's setting": ({"fixed": {"colour": "red"}}, "colour is not a setting"),
    "no number": ({"fixed": {"seeds": "many"}}, "seeds cannot be read"),
    "too large": ({"fixed": {"seeds": "99"}}, "seeds is 99, but must be in"),
    "too large to start": ({"start": {"width": "999"}}, "width is 999, but must be in"),
    "a range of words": ({"ranges": {"activation": (1, 2)}}, "activation is 1.0, but must be one of"),
    "words of a number": ({"ranges": {"width": ("few",)}}, "width is 'few', but must be a number"),
    "words of an option": ({"ranges": {"activation": ("relu", "rule")}}, "activation is 'rule', but must be one of"),
    "no option": ({"ranges": {"activation": ()}}, "no option of activation is left, but one must be"),
    "no end": ({"ranges": {"width": ()}}, "no option of width is left, but one must be"),
    "one end": ({"ranges": {"width": ("4",)}}, "width is '4', but must be a number"),
    "a falling range": ({"ranges": {"width": (8, 4)}}, "must rise"),
    "a range too wide": ({"ranges": {"width": (4, 4000)}}, "width is 4000, but must be in"),
    "half a unit": ({"ranges": {"width": (4.5, 8)}}, "must end at whole numbers"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_these_settings_do_not_take_is_refused_in_a_sentence(name):
    contents, sentence = UNFIT[name]
    with pytest.raises(InputError, match=sentence):
        ClassPage(page="depth", **contents).begin(DEPTH)


def test_a_text_takes_no_limits():
    with pytest.raises(InputError, match="table takes neither a range nor some of its options"):
        ClassPage(page="playground", ranges={"table": ("a",)}).begin(PLAYGROUND)


def test_layers_stay_as_many_and_each_is_brought_within_the_limits():
    mine = ClassPage(page="playground", ranges={"hidden": (2, 4), "activations": ("relu", "tanh")})
    begun = mine.begin(PLAYGROUND).replace(hidden=(8, 3, 1), activations=("sigmoid", "tanh", "relu"))
    held = mine.hold(begun)
    assert (held.hidden, held.activations) == ((4, 3, 2), ("relu", "tanh", "relu"))


def test_what_is_fixed_stays_and_what_has_a_range_is_brought_into_it():
    begun = HELD.begin(DEPTH)
    assert (begun.seeds, begun.activation, begun.width, begun.steps) == (7, "tanh", 8, 40)
    loose = begun.replace(seeds=9, activation="relu", width=100, steps=50)
    assert HELD.hold(loose) == begun.replace(steps=50)
    assert HELD.hold(loose.replace(width=2)).width == 4
    assert FREE.hold(loose) is loose


LIMITED = ClassPage(
    page="depth", ranges={"activation": ("tanh", "relu"), "initializers": ("xavier", "kaiming"), "depths": (2, 8)}
)


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        ({"activation": "relu"}, {"activation": "relu"}),
        ({"activation": "gelu"}, {"activation": "tanh"}),  # the first that is allowed
        ({"depths": (1, 3, 30)}, {"depths": (3,)}),
        ({"depths": (20, 30)}, {"depths": (8,)}),
        ({"initializers": ("zeros", "kaiming")}, {"initializers": ("kaiming",)}),
        ({"initializers": ("zeros",)}, {"initializers": ("xavier",)}),
    ],
    ids=str,
)
def test_several_values_and_options_are_brought_within_their_limits(wanted, held):
    found = LIMITED.hold(DEPTH(**{"depths": (2,), "initializers": ("xavier",), "activation": "relu"} | wanted))
    assert {name: getattr(found, name) for name in held} == held
    assert LIMITED.hold(found) == found


@settings(max_examples=60)
@given(st.data())
def test_whatever_a_visitor_sets_the_fixed_settings_are_those_of_the_link(data):
    mine = data.draw(class_pages("playground"))
    wanted = {
        "lr": data.draw(st.floats(1e-6, 100)),
        "samples": data.draw(st.integers(20, 5000)),
        "dataset": data.draw(st.sampled_from(["moons", "own"])),
        "lesson": data.draw(st.sampled_from(["none", "xor"])),
        "hidden": data.draw(st.sampled_from([(), (1,), (8, 8)])),
    }
    held = mine.hold(PLAYGROUND(**wanted))
    for name in wanted:
        kept = PLAYGROUND.model_fields[name].default if name in mine.fixed else wanted[name]
        assert getattr(held, name) == kept


def test_what_contradicts_the_fixed_settings_is_refused():
    mine = ClassPage(page="playground", fixed={"momentum": "0.0"})
    with pytest.raises(InputError, match="momentum is 0"):
        mine.hold(PLAYGROUND(optimizer="nesterov"))


def test_a_path_and_a_text_have_an_end():
    names = [f"page {k}" for k in range(MOST_PAGES + 1)]
    with pytest.raises(InputError, match="a path has 13 pages, but must have 1 to 12"):
        joined([ClassPage(page=name) for name in names], "0.2.0")
    long = [
        ClassPage(page=name, task="".join(chr(0x4E00 + (k * 7919 + place * 104729) % 20000) for k in range(1000)))
        for place, name in enumerate(names[1:])
    ]
    with pytest.raises(InputError, match=rf"characters, but at most {LONGEST:,} fit"):
        joined(long, "0.2.0").to_text()


def test_a_text_can_name_settings_that_are_at_their_defaults():
    assert Settings.to_text(DEPTH(seeds=7), ["seed"]) == {"seeds": "7", "seed": "0"}
    every = PLAYGROUND().to_text(PLAYGROUND.model_fields)
    assert every.keys() == PLAYGROUND.model_fields.keys()
    assert PLAYGROUND.from_text(every) == (PLAYGROUND(), [])
