"""Small tables of the shapes that people bring first, made by a seeded rule: their form, their gaps and their noise."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Famous(NamedTuple):
    """The text of a file, the column to predict, the task, and what the rule leaves out of the features."""

    text: str
    target: str
    task: str
    left_out: tuple[str, ...] = ()


def lines(header: str, rows: list[list[object]], separator: str = ",") -> str:
    """A text table; no header where it is empty."""
    cells = [separator.join(map(str, row)) for row in rows]
    return "\n".join([header, *cells] if header else cells) + "\n"


def titanic(rng: np.random.Generator) -> Famous:
    """Kaggle's: a row number, names in quotes, ages and cabins missing."""
    rows: list[list[object]] = []
    for k in range(240):
        sex, pclass = rng.choice(["male", "female"], p=[0.65, 0.35]), int(rng.integers(1, 4))
        age = "" if rng.random() < 0.2 else f"{rng.uniform(1, 70):.0f}"
        alive = int(rng.random() < (0.85 if sex == "female" else 0.12) - 0.05 * (pclass == 3))
        name, ticket = f'"Person{k}, Mr. J."', f"A/5 {rng.integers(1000, 99999)}"
        cabin = f"C{rng.integers(1, 150)}" if rng.random() < 0.2 else ""
        port = rng.choice(["S", "C", "Q", ""], p=[0.7, 0.2, 0.09, 0.01])
        rows.append(
            [k + 1, alive, pclass, name, sex, age, rng.integers(0, 4), ticket, f"{8 * pclass:.2f}", cabin, port]
        )
    header = "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Ticket,Fare,Cabin,Embarked"
    return Famous(lines(header, rows), "Survived", "classes", ("PassengerId", "Name", "Ticket", "Cabin"))


def telco(rng: np.random.Generator) -> Famous:
    """IBM's: nearly all columns are text; total charges are blank for new customers."""
    rows: list[list[object]] = []
    for k in range(240):
        contract, months = rng.choice(["Month-to-month", "One year", "Two year"]), int(rng.integers(0, 72))
        net, charge = rng.choice(["DSL", "Fiber optic", "No"]), rng.uniform(20, 110)
        leaves = rng.random() < (0.95 if contract == "Month-to-month" else 0.03)
        total = f"{charge * months:.2f}" if months else " "
        yes = ["Yes" if rng.random() < 0.5 else "No" for _ in range(2)]
        ident = f"{rng.integers(1000, 9999)}-{k:05}"
        rows.append([ident, *yes, k % 2, months, net, contract, f"{charge:.2f}", total, "Yes" if leaves else "No"])
    header = (
        "customerID,Partner,Dependents,SeniorCitizen,tenure,InternetService,Contract,MonthlyCharges,TotalCharges,Churn"
    )
    return Famous(lines(header, rows), "Churn", "classes", ("customerID",))


def student(rng: np.random.Generator) -> Famous:
    """UCI's student-mat: semicolons, quotation marks, grades from 0 to 20."""
    rows: list[list[object]] = []
    for _ in range(240):
        first = int(rng.integers(3, 20))
        last = int(np.clip(first + rng.integers(-2, 3), 0, 20))
        words = [f'"{rng.choice(each)}"' for each in (["GP", "MS"], ["F", "M"], ["teacher", "health", "other"])]
        rows.append([*words, rng.integers(15, 22), f'"{rng.choice(["yes", "no"])}"', f'"{first}"', last])
    return Famous(lines("school;sex;Mjob;age;internet;G1;G3", rows, ";"), "G3", "numbers")


def penguins(rng: np.random.Generator) -> Famous:
    """As R writes palmerpenguins: a header one cell short, NA for what is missing."""
    rows: list[list[object]] = []
    for k in range(240):
        kind = int(rng.integers(3))
        bill = "NA" if k % 50 == 3 else f"{(39, 49, 47.5)[kind] + rng.normal(0, 1.5):.1f}"
        depth = "NA" if k % 50 == 3 else f"{(18.3, 18.4, 15.0)[kind] + rng.normal(0, 0.6):.1f}"
        species = ('"Adelie"', '"Chinstrap"', '"Gentoo"')[kind]
        rows.append(
            [f'"{k + 1}"', species, '"Dream"' if k % 2 else '"Biscoe"', bill, depth, "NA" if k % 40 == 7 else '"male"']
        )
    return Famous(
        lines('"species" "island" "bill_length" "bill_depth" "sex"', rows, " "), "species", "classes", ("row",)
    )


def auto_mpg(rng: np.random.Generator) -> Famous:
    """UCI's auto-mpg: blanks in a row, no header, ? for a missing power, a name in quotes after a tab."""
    rows = []
    for k in range(240):
        weight = rng.uniform(1800, 4800)
        power = "?" if k % 60 == 5 else f"{weight / 30 + 9 * rng.normal():.1f}"
        mpg = 46 - weight / 130 + rng.normal()
        size, name = rng.choice([4, 6, 8]), f'"car {k}"'
        rows.append(
            f"{mpg:.1f}   {size}   {weight / 12:.1f}      {power:<10} {weight:.0f}.      12.{k % 9}   70  1\t{name}"
        )
    return Famous("\n".join(rows) + "\n", "column 1", "numbers", ("column 7", "column 8", "column 9"))


def crx(rng: np.random.Generator) -> Famous:
    """UCI's credit approval: no header, letters, ? for what is missing, classes + and -."""
    rows: list[list[object]] = []
    for k in range(240):
        good = rng.random() < 0.45
        prior = "t" if rng.random() < (0.92 if good else 0.08) else "f"
        first, age = (
            rng.choice(["b", "a", "?"], p=[0.68, 0.3, 0.02]),
            "?" if k % 50 == 9 else f"{rng.uniform(15, 70):.2f}",
        )
        rows.append(
            [
                first,
                age,
                f"{rng.uniform(0, 20):.3f}",
                rng.choice(["u", "y"]),
                prior,
                f"{k % 7:02}",
                f"{k * 37 % 500:05}",
                "+" if good else "-",
            ]
        )
    return Famous(lines("", rows), "column 8", "classes")


def mushrooms(rng: np.random.Generator) -> Famous:
    """UCI's agaricus-lepiota: no header, the class first, one letter a cell, ? for an unknown root."""
    rows: list[list[object]] = []
    for _ in range(240):
        bad = rng.random() < 0.48
        odor = rng.choice(list("fyn" if bad else "nal"))
        rows.append(
            [
                "p" if bad else "e",
                rng.choice(list("xfb")),
                rng.choice(list("sy")),
                rng.choice(["t", "f"]),
                odor,
                "p",
                rng.choice(list("be?")),
            ]
        )
    return Famous(lines("", rows), "column 1", "classes", ("column 6",))


def cars(rng: np.random.Generator) -> Famous:
    """UCI's car evaluation: no header, ordered words, numbers with 5more and more among them."""
    words = ["vhigh", "high", "med", "low"]
    rows: list[list[object]] = []
    for k in range(360):
        buying, doors, persons, safety = (
            words[k % 4],
            ["2", "3", "4", "5more"][k // 4 % 4],
            ["2", "4", "more"][k % 3],
            ["low", "med", "high"][rng.integers(3)],
        )
        good = safety != "low" and persons != "2"
        rows.append([buying, doors, persons, safety, ("good" if buying == "low" else "acc") if good else "unacc"])
    return Famous(lines("", rows), "column 5", "classes")


MADE: dict[str, Callable[[np.random.Generator], Famous]] = {
    "titanic": titanic,
    "telco": telco,
    "student-mat": student,
    "penguins": penguins,
    "auto-mpg": auto_mpg,
    "crx": crx,
    "mushrooms": mushrooms,
    "car evaluation": cars,
}
FAMOUS = {name: make(np.random.default_rng(place)) for place, (name, make) in enumerate(MADE.items())}
