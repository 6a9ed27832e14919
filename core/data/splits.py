"""Which rows train and which test: by class, with groups kept together, or by time; one sentence says how."""

from typing import NamedTuple

import numpy as np

from core.checks import InputError

SPLITS = {"random": "at random", "groups": "rows of one group stay together", "time": "the latest rows are the test"}


class Split(NamedTuple):
    """Places of the training and of the test rows, one sentence on them, and whether a visitor has to know it."""

    train: np.ndarray
    test: np.ndarray
    sentence: str
    unusual: bool = False


def split(y: np.ndarray, classes: bool, share: float, seed: int) -> Split:
    """At random, with the same share of every class where there is room; a class of a single row is for training."""
    from sklearn.model_selection import train_test_split

    places = np.arange(len(y))
    kept = np.isin(y, np.flatnonzero(np.bincount(y) == 1)) if classes else np.zeros(len(y), bool)
    tested, kinds = max(1, round(share * len(y))), len(np.unique(y[~kept]))
    tested = min(tested, int((~kept).sum()) - 1)
    room = classes and min(tested, int((~kept).sum()) - tested) >= kinds
    if classes and not room:  # a row of every class to learn it from
        mixed = np.random.default_rng(seed).permutation(len(y))
        kept[mixed[np.unique(y[mixed], return_index=True)[1]]] = True
        tested = min(tested, int((~kept).sum()) - 1)
    drawn = places[~kept]
    train, test = train_test_split(drawn, test_size=tested, stratify=y[drawn] if room else None, random_state=seed)
    how = ", each class in the same share" if room else ""
    if classes and not room:
        how = f", a row of each class for training: the test rows have no room for each of {kinds} classes"
    sentence = f"{len(y) - len(test):,} training and {len(test):,} test rows, drawn at random{how}."
    return Split(np.r_[train, places[kept]], test, sentence, classes and not room)


def split_groups(groups: np.ndarray, by: str, share: float, seed: int) -> Split:
    """At random, all rows of one group on the same side; groups: one value for each row."""
    from sklearn.model_selection import GroupShuffleSplit

    number = len(np.unique(groups))
    if number < 4:
        raise InputError(f"column {by!r} has {number} groups, but at least 4 are needed to keep groups together")
    train, test = next(GroupShuffleSplit(1, test_size=share, random_state=seed).split(groups, groups=groups))
    tested = len(np.unique(groups[test]))
    return Split(
        train,
        test,
        f"{len(train):,} training and {len(test):,} test rows: rows of one {by!r} stay together, "
        f"{number - tested:,} of {number:,} groups train and {tested:,} test.",
        True,
    )


def split_time(times: np.ndarray, by: str, share: float) -> Split:
    """The last rows by `times` are the test rows, so that the past predicts the future."""
    order = np.argsort(times, kind="stable")
    tested = max(1, round(share * len(times)))
    train, test = order[:-tested], order[-tested:]
    sentence = f"{len(train):,} training and {len(test):,} test rows: those with the latest {by!r} are the test."
    return Split(train, test, sentence, True)
