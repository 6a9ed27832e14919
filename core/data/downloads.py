"""Real card payments and newsgroup posts from the internet, read as they arrive, and only on request."""

import io
import json
import re
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import numpy as np

TIMEOUT, DEADLINE = 3.0, 40.0  # seconds to wait for one answer, and for all of it
PAYMENTS = "https://www.openml.org/api/v1/json/data/1597"  # names the file of the credit card data set
POSTS = "https://ndownloader.figshare.com/files/5975967"  # 20 newsgroups, sorted by date
ROWS = 40_000  # payments read, the first ones
PER_GROUP, GROUPS, LENGTH = 100, 20, 2000  # posts of each group; characters of one
QUOTE = re.compile(r"^\s*[>|:]|(writes|wrote|says|said)( in.*)?:\s*$|^In article|^Quoted from", re.IGNORECASE)


class Table(NamedTuple):
    """Texts (n,) or columns (n, features), and classes (n,)."""

    rows: Any
    y: np.ndarray


KEPT: dict[str, Table] = {}  # what has been read, while the process lives


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
        for line in lines:
            if line.strip().lower() == "@data":
                break
        for line in lines:
            rows.append([float(cell.strip("' \"\n")) for cell in line.split(",")])
            if len(rows) % 200 == 0:
                yield
            if len(rows) == ROWS:
                break
    table = np.array(rows, dtype=np.float32)
    _keep("fraud", table[:, :-1], table[:, -1].astype(int))


def _posts() -> Iterator[None]:
    """Posts without header, footer and quotes, equally many of each group, in the order of the archive."""
    texts: list[str] = []
    groups: list[str] = []
    counts: Counter[str] = Counter()
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
    KEPT[name] = Table(rows, y)


READERS: dict[str, Callable[[], Iterator[None]]] = {"language": _posts, "fraud": _payments}
WHAT = {"language": "The newsgroups", "fraud": "The card payments"}
ABOUT = {"language": "posts to 20 newsgroups", "fraud": f"the first {ROWS:,} of OpenML's real card payments"}
