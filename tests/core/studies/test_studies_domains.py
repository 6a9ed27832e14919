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
from sklearn.metrics import average_precision_score, f1_score

from core.data import domains as domain_data
from core.data import downloads as online
from core.data import sentences as docstrings
from core.data.dataset import Shelf
from core.data.datasets import load_dataset
from core.data.domains import DOMAINS, average_precision, macro_f1, text_data
from core.nn import Network
from core.studies import domains
from core.studies.contract import CAVEATS, FAILS, HOLDS, TOO_CLOSE, UNDECIDED
from core.studies.domains import pictures
from core.studies.domains.pictures import CONVOLUTION, DENSE
from core.studies.domains.study import LIBRARY, LOGISTIC, MAJORITY, DomainRun, Rival
from pages.figures import domains as figures

FIGURES = [figures.image, figures.language, figures.fraud, figures.accuracy, figures.speed, figures.leads]
FIGURES.append(figures.pictures)
SMALL = domains.Settings(epochs=6, sentences=1500, terms=500)


@pytest.fixture(scope="module")
def results():
    """The first result, whose fields the run goes on filling, is kept apart from the last one."""
    return [next(domains.run(SMALL)), [*domains.run(SMALL)][-1]]


def test_the_measures_are_those_of_the_library(rng):
    logits, y = rng.standard_normal((50, 2)), rng.integers(0, 2, 50)
    assert macro_f1(logits, y) == f1_score(y, logits.argmax(axis=1), average="macro")
    assert average_precision(logits, y) == average_precision_score(y, logits[:, 1] - logits[:, 0])


def test_sentences_are_prose_with_the_names_masked():
    *_, found = docstrings.gather(800)
    texts, labels, objects = zip(*found, strict=True)
    assert len(set(texts)) == len(texts) == 800
    assert not any(docstrings.NAMES.search(text) or ">>>" in text for text in texts)
    assert set(labels) == {0, 1, 2, 3}
    assert len(set(objects)) > 200


def test_texts_of_one_object_stay_together_and_words_come_from_the_training_part():
    groups = [str(i // 4) for i in range(200)]
    texts = [f"common words and word{group} too" for group in groups]
    data = text_data(texts, np.arange(200) // 4 % 2, groups, 1000, 3)
    assert data.X_test[:, data.X_train.any(axis=0)].shape[1] == data.features
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
    assert final["fraud"] > 0.7 > 0.6 > last.rivals["fraud"][LOGISTIC].score
    assert final["language"] > 0.4 > last.rivals["language"][MAJORITY].score
    for name in DOMAINS:
        assert final[name] == pytest.approx(last.rivals[name][LIBRARY].score, abs=0.12)


def found(result):
    """The findings by the number of their claim, and by their question or key where they have none."""
    return {finding.number or finding.rule.key or finding.claim: finding for finding in domains.findings(result)}


ACCURACY = "accuracy tells how well fraud is found"


def test_the_outcomes_are_the_known_ones(results):
    outcomes = {key: finding.outcome for key, finding in found(results[1]).items()}
    assert outcomes[44] == HOLDS
    assert outcomes[26] in (HOLDS, CAVEATS)
    assert outcomes[ACCURACY] == FAILS
    assert found(results[1])["largest lead"].answer == "fraud"


def beside(result, scores):
    """The result with other scores of logistic regression, by domain."""
    rivals = {
        name: methods | {LOGISTIC: replace(methods[LOGISTIC], score=scores[name])}
        for name, methods in result.rivals.items()
    }
    return replace(result, rivals=rivals)


def test_leads_follow_from_what_logistic_regression_reaches(results):
    last = results[1]
    nothing, perfect = dict.fromkeys(DOMAINS, 0.0), dict.fromkeys(DOMAINS, 1.0)
    assert found(beside(last, nothing))[26].outcome == HOLDS
    assert found(beside(last, perfect))[26].outcome == FAILS
    assert found(beside(last, perfect))["largest lead"].answer == "in none"
    assert found(beside(last, perfect | {"language": 0.0}))["largest lead"].answer == "language"
    level = {name: last.final(name).mean() for name in DOMAINS}
    assert found(beside(last, level))["largest lead"].answer == TOO_CLOSE
    assert found(beside(last, level))[26].outcome == FAILS


def test_what_accuracy_is_worth_follows_from_the_rival(results):
    last = results[1]
    rivals = last.rivals["fraud"]
    for always_no, outcome in ((Rival(0.0, 0.5, 0.0), HOLDS), (Rival(0.99, 0.5, 0.0), UNDECIDED)):
        doctored = replace(last, rivals=last.rivals | {"fraud": rivals | {MAJORITY: always_no}})
        assert found(doctored)[ACCURACY].outcome == outcome


def test_always_no_is_accurate_and_finds_nothing(results):
    always_no = results[1].rivals["fraud"][MAJORITY]
    assert always_no.accuracy == pytest.approx(0.99, abs=1e-3)
    assert always_no.score == pytest.approx(0.01, abs=1e-3)


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
    assert distances[pictures.units(parameters, data)] == min(distances.values())


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


def test_each_network_races_at_the_rate_that_did_best_on_the_seed_of_the_tuning(results):
    pair = results[1].pictures
    for label, runs in pair.race.runs.items():
        losses = pair.trials.final(label, "train_loss")
        assert {run.lr for run in runs} == {pictures.RATES[losses.argmin()]}


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
    finding = pictures.finding(SimpleNamespace(race=doctored, tuning={}))
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
    assert pictures.BETTER in [finding.rule for finding in domains.findings(last)]
    without = [*domains.run(SMALL.replace(dataset="fraud", epochs=2))][-1]
    assert pictures.BETTER not in [finding.rule for finding in domains.findings(without)]
    assert not {CONVOLUTION, DENSE} & {*domains.table(without).method, *domains.curves(without).contestant}
    assert "takes no part" in figures.pictures(without).layout["annotations"][0]["text"]


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
    monkeypatch.setattr(domain_data, "SHELF", Shelf())
    return answers


def test_real_data_is_read_as_it_arrives(network):
    last = [*domains.run(SMALL.replace(online=True, epochs=2))][-1]
    assert last.real == {"language", "fraud"}
    assert last.frauds in (7, 8)
    assert last.frauds + last.others == 75
    assert "Real payments" in found(last)[ACCURACY].sentence
    assert not any("quoted" in text or "From" in text or "me" in text.split() for text in online.KEPT["language"].rows)
    assert figures.fraud(last).layout["annotations"][0]["text"] == online.ABOUT["fraud"]


@pytest.mark.parametrize("broken", [None, b"", b"rubbish", b"{}", b"@data\n1,2,x\n"])
def test_without_a_network_one_sentence_says_what_is_shown_instead(network, broken):
    for url in list(network):
        network[url] = broken
        if broken is None:
            del network[url]
    last = [*domains.run(SMALL.replace(online=True, epochs=2, dataset="fraud"))][-1]
    assert not last.real
    assert last.frauds == 50
    assert "offline data is shown instead" in figures.fraud(last).layout["annotations"][0]["text"]
    assert [*online.fetch("language")][-1].startswith("The newsgroups could not be reached")


def test_nothing_is_asked_of_the_network_by_default(network):
    network.clear()
    assert not SMALL.online
    assert [*domains.run(SMALL.replace(epochs=2, dataset="fraud"))][-1].about["fraud"] == DOMAINS["fraud"].about


def test_only_secure_addresses_are_opened():
    with pytest.raises(OSError, match="no secure address"):
        online._open("file:///etc/hosts")


@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_charts_have_data_at_the_end_and_words_before(draw, results):
    first, last = results
    assert draw(last).data
    assert draw(first).layout["annotations"][0]["text"]
