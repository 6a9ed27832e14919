"""The study of domains: known scores by direction, no leak between the parts, accuracy that hides what it hides."""

import io
import tarfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from sklearn.metrics import average_precision_score, balanced_accuracy_score, f1_score

from core.checks import InputError
from core.data import domains as online
from core.data.dataset import Shelf
from core.data.datasets import load_dataset
from core.data.domains import DOMAINS, average_precision, macro_f1, skill, text_data
from core.nn import Network
from core.studies import domains
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.studies.domains.findings import _pictures
from core.studies.domains.study import CONVOLUTION, DENSE, LIBRARY, LOGISTIC, MAJORITY, DomainRun, Rival, units
from pages.figures import domains as figures

FIGURES = [figures.accuracy, figures.speed, figures.leads, figures.pictures]
SMALL = domains.Settings(epochs=6, sentences=1500, terms=500)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(domains.run(SMALL)), [*domains.run(SMALL)][-1]]


def test_the_measures_are_those_of_the_library(rng):
    logits, y = rng.standard_normal((50, 2)), rng.integers(0, 2, 50)
    assert macro_f1(logits, y) == f1_score(y, logits.argmax(axis=1), average="macro")
    assert average_precision(logits, y) == average_precision_score(y, logits[:, 1] - logits[:, 0])
    assert skill(logits, y) == pytest.approx(balanced_accuracy_score(y, logits.argmax(axis=1), adjusted=True))


@pytest.mark.parametrize("classes", [2, 10])
def test_skill_is_0_for_naming_one_class_and_1_for_all_whatever_their_number(classes):
    y = np.repeat(np.arange(classes), np.arange(1, classes + 1) ** 2)
    assert skill(np.tile(np.eye(classes)[-1], (len(y), 1)), y) == pytest.approx(0)
    assert skill(np.eye(classes)[y], y) == 1


def test_splits_of_texts_differ_and_have_the_same_size():
    groups = np.random.default_rng(0).integers(0, 40, 300).astype(str)
    splits = [
        text_data([f"word{k} w{k % 7} " for k in range(300)], np.arange(300) % 2, [*groups], 50, s) for s in range(5)
    ]
    assert len({(data.X_train.shape, data.X_test.shape) for data in splits}) == 1
    assert len({data.X_test.tobytes() for data in splits}) == 5
    assert len(splits[0].X_test) == 75


def test_sentences_are_prose_with_the_names_masked():
    *_, found = online.gather(800)
    texts, labels, objects = zip(*found, strict=True)
    assert len(set(texts)) == len(texts) == 800
    assert not any(online.NAMES.search(text) or ">>>" in text for text in texts)
    assert set(labels) == {0, 1, 2, 3}
    assert len(set(objects)) > 200


def test_texts_of_one_object_stay_together_and_words_come_from_the_training_part():
    groups = [str(i // 4) for i in range(200)]
    texts = [f"common words and word{group} too" for group in groups]
    data = text_data(texts, np.arange(200) // 4 % 2, groups, 1000, 3)
    assert data.features == 1000  # whatever the number of words: splits are learnt side by side
    common = (data.X_train > 0).sum(axis=0) == len(data.y_train)
    assert not (data.X_test[:, ~common] > 0).any()  # a test object's own word was never seen in training


def test_fraud_is_the_table_of_the_study():
    data = DomainRun(domain="fraud").data()
    y = np.r_[data.y_train, data.y_test]
    assert (len(y), y.sum(), data.features) == (20_000, 199, 20)


def test_the_network_reaches_what_is_known(results):
    last = results[1]
    final = {name: last.curve(name)[-1].mean() for name in DOMAINS}
    assert final["image"] > 0.94
    assert final["fraud"] > 0.7 > 0.6 > last.rivals["fraud"][LOGISTIC].score.max()
    assert final["language"] > 0.4 > last.rivals["language"][MAJORITY].score.max()
    for name in DOMAINS:
        assert final[name] == pytest.approx(last.rivals[name][LIBRARY].score[0], abs=0.12)


def test_every_seed_has_its_own_split_and_rivals_on_it(results):
    last = results[1]
    for name, runs in last.race.runs.items():
        assert [run.data_seed for run in runs] == [run.seed for run in runs] == list(range(SMALL.seeds))
        assert len({run.data().X_test.tobytes() for run in runs}) == SMALL.seeds
        assert len(set(last.rivals[name][LOGISTIC].score)) > 1
        for k, run in enumerate(runs):
            logits = last.race.network(name).predict(last.race.params(name)[k], run.data().X_test)
            assert last.final(name, "skill")[k] == pytest.approx(skill(logits, run.data().y_test))
            assert last.final(name)[k] == pytest.approx(DOMAINS[name].score(logits, run.data().y_test))


def test_splits_that_do_not_fit_into_memory_are_refused_before_the_start():
    with pytest.raises(InputError, match="terms is 1000, but 40 splits of 4,000 sentences"):
        next(domains.run(domains.Settings(seeds=40, sentences=4000, terms=1000)))


def found(result):
    """The findings by the number of their claim, and by their question or key where they have none."""
    return {finding.number or finding.rule.key or finding.claim: finding for finding in domains.findings(result)}


ACCURACY = "accuracy shows how well fraud is detected"


def test_the_outcomes_are_the_known_ones(results):
    outcomes = {key: finding.outcome for key, finding in found(results[1]).items()}
    assert outcomes[44] == HOLDS
    assert outcomes[26] in (HOLDS, CAVEATS)
    assert outcomes[ACCURACY] == FAILS
    assert found(results[1])["largest lead"].answer == "fraud"


def beside(result, scores, skills):
    """The result with another score and another skill of logistic regression on every split, by domain."""
    rivals = {
        name: methods | {LOGISTIC: replace(methods[LOGISTIC], score=scores[name], skill=skills[name])}
        for name, methods in result.rivals.items()
    }
    return replace(result, rivals=rivals)


def test_leads_follow_from_what_logistic_regression_reaches(results):
    last = results[1]
    nothing, perfect = (dict.fromkeys(DOMAINS, np.full(5, value)) for value in (-1.0, 1.0))
    assert found(beside(last, nothing, nothing))[26].outcome == HOLDS
    assert found(beside(last, perfect, perfect))[26].outcome == FAILS
    assert found(beside(last, perfect, perfect))["largest lead"].answer == "in none"
    ahead = perfect | {"language": nothing["language"]}
    assert found(beside(last, ahead, ahead))["largest lead"].answer == "language"
    assert found(beside(last, ahead, perfect))[26].outcome == CAVEATS
    noise = np.array([-0.03, 0.03, -0.01, 0.01, 0.0])
    level = {name: last.final(name, "skill") + noise for name in DOMAINS}
    assert found(beside(last, perfect, level))["largest lead"].answer == TOO_CLOSE


def learning(result, monkeypatch, curves):
    """The result in which networks had this skill after each epoch: {domain: (T, seeds)}."""
    monkeypatch.setattr(type(result), "curve", lambda self, name, measure="": np.asarray(curves[name], dtype=float))
    return found(result)


def rising(epochs, end):
    """Skill (T, seeds) that rises evenly to `end` (seeds,) in so many epochs (seeds,), and stays."""
    return np.minimum(np.arange(13)[:, None] / np.asarray(epochs), 1) * np.asarray(end)


NOISE = np.array([0.008, -0.008, 0.004, -0.004, 0.0])
SAME, SLOW, WIDE = 4 + NOISE, 8 + NOISE, np.array([2.0, 6, 3, 5, 4])


@pytest.mark.parametrize(
    ("epochs", "end", "both", "rate"),
    [
        ((SAME, SLOW, SAME), (0.9 + NOISE, 0.5 + NOISE, 0.9 - NOISE), HOLDS, HOLDS),
        ((SAME, SLOW, SAME), (0.9 + NOISE, 0.9 - NOISE, 0.9 + NOISE[::-1]), CAVEATS, HOLDS),
        ((SAME, SAME[::-1], SAME), (0.9 + NOISE, 0.5 + NOISE, 0.9 - NOISE), CAVEATS, FAILS),
        ((SAME, SAME[::-1], SAME), (0.9 + NOISE, 0.9 - NOISE, 0.9 + NOISE[::-1]), FAILS, FAILS),
        ((WIDE, WIDE[::-1], WIDE), (0.9 + NOISE, 0.9 - NOISE, 0.9 + NOISE[::-1]), UNDECIDED, UNDECIDED),
    ],
)
def test_what_varies_by_domain_follows_from_one_measure_for_all(results, monkeypatch, epochs, end, both, rate):
    curves = {name: rising(*pair) for name, pair in zip(DOMAINS, zip(epochs, end, strict=True), strict=True)}
    findings = learning(results[1], monkeypatch, curves)
    assert (findings[44].outcome, findings[54].outcome) == (both, rate)
    assert findings[54].evidence["epochs on image"].value == pytest.approx(
        0.9 * np.exp(np.log(epochs[0]).mean()), rel=5e-3
    )


def test_a_network_that_learnt_nothing_has_no_rate(results, monkeypatch):
    curves = {name: rising(SAME, 0.9 + NOISE) for name in DOMAINS} | {"fraud": np.zeros((13, 5))}
    findings = learning(results[1], monkeypatch, curves)
    assert {findings[44].outcome, findings[54].outcome} == {UNDECIDED}
    assert (
        findings[54].sentence == "On fraud a network ended no better than guessing, or hardly better than it started."
    )


def test_domains_that_are_alike_are_told_apart_at_most_once_in_twenty_times(results, monkeypatch):
    rng, told = np.random.default_rng(3), []
    for _ in range(200):
        curves = {name: rising(np.exp(0.3 * rng.standard_normal(5)) * 4, rng.normal(0.8, 0.1, 5)) for name in DOMAINS}
        rate = learning(results[1], monkeypatch, curves)[54]
        told.append(rate.outcome == HOLDS)
    assert np.mean(told) <= 0.08  # 5 % and what chance adds to it


def test_one_domain_alone_is_compared_with_none():
    last = [*domains.run(SMALL.replace(dataset="image", epochs=2))][-1]
    findings = found(last)
    assert {findings[key].sentence for key in (44, 54, "largest lead")} == {"Choose “all” domains to compare them."}


def test_what_accuracy_is_worth_follows_from_the_rival(results):
    last = results[1]
    rivals = last.rivals["fraud"]
    for score, right, outcome in ((0.0, 0.5, HOLDS), (0.99, 0.5, UNDECIDED), (0.0, 0.99, FAILS)):
        always_no = Rival(0.0, np.full(5, score), np.full(5, right), np.zeros(5))
        doctored = replace(last, rivals=last.rivals | {"fraud": rivals | {MAJORITY: always_no}})
        assert found(doctored)[ACCURACY].outcome == outcome


def test_always_no_is_accurate_and_finds_nothing(results):
    always_no = results[1].rivals["fraud"][MAJORITY]
    assert always_no.accuracy == pytest.approx(np.full(5, 0.99), abs=1e-3)
    assert always_no.score == pytest.approx(np.full(5, 0.01), abs=1e-3)


@pytest.mark.slow
def test_the_same_seed_gives_bitwise_the_same_and_another_seed_does_not():
    settings = SMALL.replace(epochs=2, dataset="image")
    first, again, other = ([*domains.run(settings.replace(seed=seed))][-1] for seed in (0, 0, 9))
    assert domains.curves(first).equals(domains.curves(again))
    assert not domains.curves(first).equals(domains.curves(other))
    untimed = [column for column in domains.table(first).columns if column != "ms to fit"]
    assert domains.table(first)[untimed].equals(domains.table(again)[untimed])


@pytest.mark.parametrize("change", [{"dataset": "language"}, {"lr": 1.0, "width": 2}])
def test_rough_settings_come_to_a_result_and_draw(change):
    last = [*domains.run(SMALL.replace(epochs=2, sentences=500, **change))][-1]
    assert last.progress == 1
    assert all(finding.sentence for finding in domains.findings(last))
    assert all(draw(last) for draw in FIGURES)


@given(st.integers(85, 5000))
def test_the_hidden_layer_comes_as_near_to_the_parameters_as_any_width_does(parameters):
    data = load_dataset("digits")
    sizes = {width: Network([64, width, 10], "relu", "softmax_cross_entropy").parameters for width in range(1, 80)}
    distances = {width: abs(size - parameters) for width, size in sizes.items()}
    assert distances[units(parameters, data)] == min(distances.values())


def test_both_networks_have_as_many_parameters_and_see_the_same_splits_at_the_same_settings(results):
    race = results[1].pictures.race
    by_hand = {CONVOLUTION: 6 * (9 + 1) + (6 * 9 + 1) * 10, DENSE: 8 * (64 + 1) + 10 * (8 + 1)}
    assert {label: race.network(label).parameters for label in race.runs} == by_hand
    for first, second in zip(race.runs[CONVOLUTION], race.runs[DENSE], strict=True):
        assert first.seed == first.data_seed
        own = {"layers": (), "hidden": (8,), "lr": 0.03}
        assert first.replace(**own) == second.replace(**own)
        assert first.data() is second.data()
    splits = [run.data().X_test.tobytes() for run in race.runs[DENSE]]
    assert len(set(splits)) == SMALL.seeds
    assert race.steps(DENSE)[-1] == SMALL.epochs * 22  # batches of 64 in 1,348 digits
    tuned_on = {run.data_seed for runs in results[1].pictures.trials.runs.values() for run in runs}
    assert not tuned_on & {run.data_seed for run in race.runs[DENSE]}


def test_each_network_races_at_a_rate_that_lies_inside_those_tried(results):
    pair = results[1].pictures
    for label, runs in pair.race.runs.items():
        tuning = pair.tuning[label]
        assert {run.lr for run in runs} == {tuning.best}
        assert not tuning.at_edge


@pytest.mark.parametrize(
    ("convolution", "dense", "outcome"),
    [
        ([0.97, 0.98, 0.96], [0.94, 0.94, 0.93], HOLDS),
        ([0.94, 0.94, 0.93], [0.97, 0.98, 0.96], FAILS),
        ([0.97, 0.90, 0.96], [0.94, 0.95, 0.93], UNDECIDED),
        ([0.95, 0.95, 0.95], [0.95, 0.95, 0.95], UNDECIDED),
    ],
)
def test_who_reads_digits_better_follows_from_the_pairs(results, convolution, dense, outcome):
    scores, race = {CONVOLUTION: np.array(convolution), DENSE: np.array(dense)}, results[1].pictures.race
    doctored = SimpleNamespace(runs=race.runs, network=race.network, final=lambda label, measure: scores[label])
    pair = SimpleNamespace(race=doctored, tuning={})
    finding = _pictures(SimpleNamespace(domains=("image",), pictures=pair))
    lead = finding.evidence["lead in accuracy"]
    assert finding.outcome == outcome
    assert "(610 parameters)" in finding.sentence
    if np.ptp(scores[CONVOLUTION] - scores[DENSE]):
        low, high = ttest_rel(convolution, dense).confidence_interval(0.95)
        assert (lead.low, lead.high) == (pytest.approx(low), pytest.approx(high))


def test_digits_as_images_are_in_the_findings_the_table_and_the_curves_only_with_the_domain(results):
    last = results[1]
    table, curves = (
        made(last).set_index(key) for made, key in ((domains.table, "method"), (domains.curves, "contestant"))
    )
    for label in (CONVOLUTION, DENSE):
        scores = last.pictures.race.final(label, "test_score")
        assert table.loc[label, "score"] == pytest.approx(scores.mean(), abs=1e-4)
        assert (table.loc[label, "splits"], table.loc[label, "parameters"]) == (5, 610)
        assert curves.loc[label].groupby("seed").measure.last().to_numpy() == pytest.approx(scores)
    assert domains.RULES["better"] in [finding.rule for finding in domains.findings(last)]
    without = [*domains.run(SMALL.replace(dataset="fraud", epochs=2))][-1]
    assert domains.RULES["better"] not in [finding.rule for finding in domains.findings(without)]
    assert not {CONVOLUTION, DENSE} & {*domains.table(without).method, *domains.curves(without).contestant}
    assert not figures.pictures(without).data


def archive(groups=3, posts=12):
    """A small archive of posts as the newsgroups' own."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for place in range(groups * posts):
            group = place % groups
            text = f"From: a@b\n\n> quoted words\nposts of group{group} hold ten words or more, as word{place % 5} one "
            content = f"{text}two three four five\n-- \nme".encode()
            info = tarfile.TarInfo(f"train/group{group}/{place}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target.getvalue()


def arff(rng, rows=300):
    lines = [f"{rng.normal():.3f},{rng.normal():.3f},'{int(place % 10 == 0)}'" for place in range(rows)]
    return "\n".join(["@relation x", "@attribute a real", "@data", *lines]).encode()


@pytest.fixture
def network(monkeypatch, rng):
    """Addresses and what they answer; whatever else is asked for is not there."""
    answers = {
        online.PAYMENTS: b'{"data_set_description": {"url": "http://x.org/y.arff"}}',
        "https://x.org/y.arff": arff(rng),
        online.POSTS: archive(),
    }

    def opened(url):
        if url not in answers:
            raise OSError(url)
        return io.BytesIO(answers[url])

    monkeypatch.setattr(online, "_open", opened)
    monkeypatch.setattr(online, "KEPT", {})
    monkeypatch.setattr(online, "SHELF", Shelf())
    return answers


def test_real_data_is_read_as_it_arrives(network):
    last = [*domains.run(SMALL.replace(online=True, epochs=2))][-1]
    assert last.real == {"language", "fraud"}
    evidence = found(last)[ACCURACY].evidence
    assert evidence["frauds"].value in (7, 8)
    assert evidence["frauds"].value + evidence["other payments"].value == 75
    assert "Real payments" in found(last)[ACCURACY].sentence
    assert not any("quoted" in text or "From" in text or "me" in text.split() for text in online.KEPT["language"][0])
    assert figures.speed(last).caption.endswith(f"Fraud: {online.ABOUT['fraud']}.")


@pytest.mark.parametrize("broken", [None, b"", b"rubbish", b"{}", b"@data\n1,2,x\n"])
def test_without_a_network_one_sentence_says_what_is_shown_instead(network, broken):
    for url in list(network):
        network[url] = broken
        if broken is None:
            del network[url]
    last = [*domains.run(SMALL.replace(online=True, epochs=2, dataset="fraud"))][-1]
    assert not last.real
    assert found(last)[ACCURACY].evidence["frauds"].value == 50
    assert figures.speed(last).caption.endswith("could not be reached: the offline data is shown instead.")
    assert [*online.fetch("language")][-1].startswith("The newsgroups could not be reached")


def test_nothing_is_asked_of_the_network_by_default(network):
    network.clear()
    assert not SMALL.online
    assert [*domains.run(SMALL.replace(epochs=2, dataset="fraud"))][-1].about["fraud"] == DOMAINS["fraud"].about


def test_only_secure_addresses_are_opened():
    with pytest.raises(OSError, match="no secure address"):
        online._open("file:///etc/hosts")


@pytest.mark.parametrize("draw", FIGURES)
def test_charts_have_data_at_the_end_and_words_before(draw, results):
    first, last = results
    assert draw(last).data
    assert draw(first).layout["annotations"][0]["text"]
