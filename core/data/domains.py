"""Three applications of networks as data sets: images, language, fraud; each with its own measure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.data import downloads as online
from core.data import sentences as docstrings
from core.data.dataset import SHELF, Dataset, frozen, standardized
from core.data.datasets import load_dataset

TEST_SHARE = 0.25


def accuracy(logits: np.ndarray, y: np.ndarray) -> float:
    """Share of right answers, for logits (n, k) and classes y (n,)."""
    return float((logits.argmax(axis=1) == y).mean())


def macro_f1(logits: np.ndarray, y: np.ndarray) -> float:
    """F1 score of each class, averaged with equal weights."""
    from sklearn.metrics import f1_score

    return float(f1_score(y, logits.argmax(axis=1), average="macro", zero_division=0))


def average_precision(logits: np.ndarray, y: np.ndarray) -> float:
    """Average precision of the ranking by predicted probability; guessing gives the share of positives."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(y, logits[:, 1] - logits[:, 0]))


def skill(logits: np.ndarray, y: np.ndarray) -> float:
    """Share of each class that is recognized, averaged: 0 for guessing, 1 for all; the same for any number of classes.

    Balanced accuracy, adjusted for chance (Brodersen, Ong, Stephan & Buhmann 2010).
    """
    right = logits.argmax(axis=1) == y
    share = np.mean([right[y == label].mean() for label in np.unique(y)])
    guessing = 1 / logits.shape[1]
    return float((share - guessing) / (1 - guessing))


@dataclass(frozen=True)
class Domain:
    """A domain of the article, with data for it: `load(sentences, terms, seed)`."""

    label: str
    about: str
    measure: str
    score: Callable[[np.ndarray, np.ndarray], float]
    batch_size: int
    load: Callable[[int, int, int], Dataset]


def _images(sentences: int, terms: int, seed: int) -> Dataset:
    return load_dataset("digits", seed=seed)


def _language(sentences: int, terms: int, seed: int) -> Dataset:
    *_, found = docstrings.gather(sentences)
    texts, labels, objects = zip(*found, strict=True)
    return text_data(list(texts), np.array(labels), list(objects), terms, seed)


def text_data(texts: list[str], y: np.ndarray, groups: list[str], terms: int, seed: int) -> Dataset:
    """TF-IDF of the most frequent terms of the training part; the split never divides a group of texts.

    Every split has equally many training texts, test texts and columns, so that networks learn them side by side.
    Texts that would divide a group are left out, and columns without a term are 0.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    names, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    place = np.random.default_rng(seed).permutation(len(names))
    order, tested = np.argsort(place[member], kind="stable"), round(TEST_SHARE * len(texts))
    test, train = order[:tested], order[tested + sizes.max() - 1 :]
    vectors = TfidfVectorizer(max_features=terms, dtype=np.float32)
    X_train = vectors.fit_transform([texts[i] for i in train]).toarray()
    X_test = vectors.transform([texts[i] for i in test]).toarray()
    X_train, X_test = (np.pad(X, ((0, 0), (0, terms - X.shape[1]))) for X in (X_train, X_test))
    return frozen("language", "classes", int(y.max()) + 1, X_train, y[train], X_test, y[test])


def _fraud(sentences: int, terms: int, seed: int) -> Dataset:
    from sklearn.datasets import make_classification

    X, y = make_classification(
        n_samples=20_000,
        n_features=20,
        n_informative=8,
        n_redundant=4,
        n_clusters_per_class=3,
        weights=[0.99],
        flip_y=0,
        class_sep=1.5,
        random_state=7,
    )
    return table_data("fraud", X, y, seed)


def table_data(name: str, X: np.ndarray, y: np.ndarray, seed: int) -> Dataset:
    """Columns standardized by the training part; rare classes get their share of both parts."""
    from sklearn.model_selection import train_test_split

    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=TEST_SHARE, stratify=y, random_state=seed)
    return standardized(name, "classes", 2, X_train, y_train, X_test, y_test)


def _real(name: str, sentences: int, terms: int, seed: int) -> Dataset:
    table = online.KEPT[name]
    if name == "fraud":
        return table_data(name, table.rows, table.y, seed)
    return text_data(table.rows, table.y, [str(post) for post in range(len(table.y))], terms, seed)


def load_domain(name: str, real: bool, sentences: int, terms: int, seed: int) -> Dataset:
    """A domain's data set, split by the seed; `real`: as `downloads.fetch` has read it, else offline."""
    asked = (sentences, terms, seed)
    load = partial(_real, name) if real else DOMAINS[name].load
    return SHELF.take((name, real, *asked), lambda: load(*asked))


DOMAINS: dict[str, Domain] = {
    "image": Domain("Image", "1,797 handwritten digits of 8 x 8 pixels", "accuracy", accuracy, 64, _images),
    "language": Domain("Language", "sentences of four libraries' documentation", "macro F1", macro_f1, 64, _language),
    "fraud": Domain(
        "Fraud", "20,000 synthetic payments, 199 of them fraud", "average precision", average_precision, 256, _fraud
    ),
}
