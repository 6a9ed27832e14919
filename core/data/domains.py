"""Three applications of networks as data sets: images, language, fraud; each with its own measure.

Offline, language is sentences from the documentation of installed libraries, and fraud is generated. On request, real
newsgroup posts and card payments are read from the internet as they arrive.
"""

import io
import json
import os
import re
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np

from core.data.dataset import SHELF, Dataset, frozen, standardized
from core.data.datasets import load_dataset

TEST_SHARE = 0.25

LIBRARIES = ("numpy", "scipy", "sklearn", "pandas")
SKIPPED = {"tests", "__pycache__", "include", "externals", "_vendored"}
MOST_OF_FILE = 12  # sentences of one file, so that a sample speaks of many things
NAMES = re.compile(r"\b(numpy|np|scipy|scikit[- ]?learn|scikits?|sklearn|pandas|pd)\b", re.IGNORECASE)
DOCSTRING = re.compile(r':[ \t]*\n[ \t]+[rR]?"""(.*?)"""', re.DOTALL)  # after the colon that ends a def or a class
CODE = re.compile(r"^\s*(>>>|\.\.\.|\.\. |---|===|\S+ : |:\w+:|\$|#|\|)")
PARAMETERS = re.compile(r"^\s*(?:Parameters|Returns|Attributes|Examples|References|See Also)\s*$", re.MULTILINE)
MARKUP = re.compile(r":\w+:`~?([^`]*)`|`+|\*\*?")
BREAK = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
SENTENCE = re.compile(r"[A-Z][^<>={}\[\]\\]{30,300}[.!?]")  # words, not formulas

TIMEOUT, DEADLINE = 3.0, 40.0  # seconds to wait for one answer, and for all of it
PAYMENTS = "https://www.openml.org/api/v1/json/data/1597"  # names the file of the credit card data set
POSTS = "https://ndownloader.figshare.com/files/5975967"  # 20 newsgroups, sorted by date
ROWS = 40_000  # payments read, the first ones
PER_GROUP, GROUPS, LENGTH = 100, 20, 2000  # posts of each group; characters of one
QUOTE = re.compile(r"^\s*[>|:]|(writes|wrote|says|said)( in.*)?:\s*$|^In article|^Quoted from", re.IGNORECASE)


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
    """Balanced accuracy adjusted for chance: 0 for guessing, 1 for all (Brodersen, Ong, Stephan & Buhmann 2010)."""
    right = logits.argmax(axis=1) == y
    share = np.mean([right[y == label].mean() for label in np.unique(y)])
    guessing = 1 / logits.shape[1]
    return float((share - guessing) / (1 - guessing))


@dataclass(frozen=True)
class Domain:
    """A domain of the article; its score is `measure`."""

    label: str
    about: str
    measure: str
    score: Callable[[np.ndarray, np.ndarray], float]
    batch_size: int


def text_data(texts: list[str], y: np.ndarray, groups: list[str], terms: int, seed: int) -> Dataset:
    """TF-IDF of the training part's most frequent terms; every split has equally many texts, and divides no group."""
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


@lru_cache(maxsize=1)
def sources() -> tuple[Path, ...]:
    """The source files of the libraries, tests left out, in a random order that never changes."""
    found: list[Path] = []
    for library in LIBRARIES:
        spec = find_spec(library)
        for root in spec.submodule_search_locations or [] if spec else []:
            for folder, folders, names in os.walk(root):
                folders[:] = sorted(set(folders) - SKIPPED)
                found += [Path(folder, name) for name in sorted(names) if name.endswith(".py")]
    order = np.random.default_rng(0).permutation(len(found))
    return tuple(found[place] for place in order)


@lru_cache(maxsize=4096)
def sentences_of(path: Path) -> tuple[tuple[str, int, str], ...]:
    """The sentences of one file: text with library names masked, number of the library, documented object."""
    library = next(place for place, name in enumerate(LIBRARIES) if name in path.parts)
    found = []
    for place, docstring in enumerate(DOCSTRING.findall(path.read_text(encoding="utf-8", errors="ignore"))):
        about = PARAMETERS.split(docstring)[0]  # the lists of arguments are no prose
        prose = " ".join(line.strip() for line in about.splitlines() if not CODE.match(line))
        for each in BREAK.split(MARKUP.sub(r"\1", prose)):
            if SENTENCE.fullmatch(each.strip()) and len(each.split()) >= 6:
                found.append((NAMES.sub("library", each.strip()), library, f"{path}:{place}"))
    return tuple(found)


def gather(count: int) -> Iterator[list[tuple[str, int, str]]]:
    """The first so many sentences, file by file; yields the list as it grows."""
    found, seen = list[tuple[str, int, str]](), set[str]()
    yield found
    for path in sources():
        fresh = list({each[0]: each for each in sentences_of(path) if each[0] not in seen}.values())
        seen.update(each[0] for each in fresh)
        found += fresh[: min(MOST_OF_FILE, count - len(found))]
        yield found
        if len(found) == count:
            return


KEPT: dict[str, tuple[Any, np.ndarray]] = {}  # what has been read: texts (n,) or columns, and classes (n,)


def _open(url: str) -> Any:
    if not url.startswith("https://"):
        raise OSError(f"{url} is no secure address")
    return urlopen(Request(url, headers={"User-Agent": "descent-lab"}), timeout=TIMEOUT)


def fetch(name: str) -> Iterator[str]:
    """Read the real data of a domain into KEPT; yields while it reads, at the end a sentence if it failed."""
    deadline = time.monotonic() + DEADLINE
    try:
        for _ in () if name in KEPT else READERS[name]():
            if time.monotonic() > deadline:
                raise TimeoutError
            yield ""
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError):
        yield f"{WHAT[name]} could not be reached: the offline data is shown instead."


def _payments() -> Iterator[None]:
    """The first ROWS rows of an ARFF file: time, 28 principal components, amount, and 1 for fraud."""
    with _open(PAYMENTS) as answer:
        url = json.load(answer)["data_set_description"]["url"]
    yield
    rows: list[list[float]] = []
    with _open(url.replace("http://", "https://")) as answer:
        lines = io.TextIOWrapper(answer, encoding="utf-8")
        for line in islice(dropwhile(lambda line: line.strip().lower() != "@data", lines), 1, 1 + ROWS):
            rows.append([float(cell.strip("' \"\n")) for cell in line.split(",")])
            if len(rows) % 200 == 0:
                yield
    table = np.array(rows, dtype=np.float32)
    _keep("fraud", table[:, :-1], table[:, -1].astype(int))


def _posts() -> Iterator[None]:
    """Posts without header, footer and quotes, equally many of each group, in the order of the archive."""
    texts, groups, counts = list[str](), list[str](), Counter[str]()
    with _open(POSTS) as answer, tarfile.open(fileobj=answer, mode="r|gz") as archive:
        for member in archive:
            yield
            group = member.name.split("/")[-2] if member.isfile() else ""
            file = archive.extractfile(member) if group and counts[group] < PER_GROUP else None
            text = body(file.read().decode("latin-1")) if file else ""
            if len(text.split()) >= 10:
                texts.append(text[:LENGTH])
                groups.append(group)
                counts[group] += 1
            if len(counts) == GROUPS and min(counts.values()) == PER_GROUP:
                break
    _keep("language", texts, np.unique(groups, return_inverse=True)[1])


def body(post: str) -> str:
    """What the author of a post wrote: no header, no signature, no quotes."""
    text = post.partition("\n\n")[2].split("\n-- \n")[0]
    return "\n".join(line for line in text.splitlines() if not QUOTE.search(line)).strip()


def _keep(name: str, rows: Any, y: np.ndarray) -> None:
    if len(y) < 20 or np.bincount(y).min() < 4 or y.max() < 1:
        raise ValueError("too few rows of a class")
    KEPT[name] = rows, y


def load_domain(name: str, real: bool, sentences: int, terms: int, seed: int) -> Dataset:
    """A domain's data set, split by the seed; `real`: as `fetch` has read it, else offline."""
    asked = (name, real, sentences, terms, seed)
    return SHELF.take(asked, partial(_loaded, *asked))


def _loaded(name: str, real: bool, sentences: int, terms: int, seed: int) -> Dataset:
    if name == "image":
        return load_dataset("digits", seed=seed)
    if name == "fraud":
        from sklearn.datasets import make_classification
        from sklearn.model_selection import train_test_split

        how: dict[str, Any] = {"n_features": 20, "n_informative": 8, "n_redundant": 4, "n_clusters_per_class": 3}
        made = partial(make_classification, 20_000, **how, weights=[0.99], flip_y=0, class_sep=1.5, random_state=7)
        X, y = KEPT[name] if real else made()
        parts = train_test_split(X, y, test_size=TEST_SHARE, stratify=y, random_state=seed)  # rare classes in both
        X_train, X_test, y_train, y_test = parts
        return standardized("fraud", "classes", 2, X_train, y_train, X_test, y_test)
    if real:
        rows, y = KEPT[name]
        return text_data(rows, y, list(map(str, range(len(y)))), terms, seed)
    *_, found = gather(sentences)
    texts, labels, objects = zip(*found, strict=True)
    return text_data(list(texts), np.array(labels), list(objects), terms, seed)


DOMAINS: dict[str, Domain] = {
    "image": Domain("Image", "1,797 handwritten digits of 8 x 8 pixels", "accuracy", accuracy, 64),
    "language": Domain("Language", "sentences of four libraries' documentation", "macro F1", macro_f1, 64),
    "fraud": Domain(
        "Fraud", "20,000 synthetic payments, 199 of them fraud", "average precision", average_precision, 256
    ),
}
READERS: dict[str, Callable[[], Iterator[None]]] = {"language": _posts, "fraud": _payments}
WHAT = {"language": "The newsgroups", "fraud": "The card payments"}
ABOUT = {"language": "posts to 20 newsgroups", "fraud": f"the first {ROWS:,} of OpenML's real card payments"}
