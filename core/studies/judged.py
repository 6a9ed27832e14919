"""How each claim is judged, as a document: written from the rules that the studies declare, before anything is run."""

from core.studies.beyond.results import RESULTS
from core.studies.claims import CLAIMS
from core.studies.contract import STUDIES, Rule
from core.studies.trial import HEARD

KINDS = {"identity": "checked: true by construction", "measured": "measured, with an interval over seeds"}
OPENING = """# How each claim is judged

The claims of the article, each with the rules by which the experiments decide it. A rule is fixed before its experiment
runs: the experiment measures the evidence, and the rule alone gives the outcome. Written by
`python -m core.studies --rules` from what the studies declare.
"""


def document() -> str:
    """Every claim in Markdown: where the article makes it, its rules by study, what is right, and the source."""
    rules: dict[int, list[tuple[str, Rule]]] = {number: [] for number in CLAIMS}
    for name in HEARD:
        for rule in STUDIES[name].RULES:
            if rule.claim in rules:
                rules[rule.claim].append((name, rule))
    parts = [OPENING]
    for number, claim in CLAIMS.items():
        lines = [f"## {number}. {claim.text}", f"In the article: {claim.where}."]
        lines += [f"- **{name.replace('_', ' ')}** ({KINDS[rule.kind]}): {rule.text}" for name, rule in rules[number]]
        parts.append("\n\n".join([lines[0], lines[1], "\n".join(lines[2:]), f"What is right: {claim.truth}"]))
        parts.append(f"Source: {claim.source}.")
    parts.append("# Beyond the article")
    for name in HEARD:
        for rule in STUDIES[name].RULES:
            if published := RESULTS.get(rule.claim):
                parts += [
                    f"## {rule.claim}. {published.text}",
                    f"As published: {published.truth}",
                    f"Rule: {rule.text}",
                ]
                parts += [f"Set up: {published.set_up}"] if published.set_up else []
                parts.append(f"Not shown: {published.left_out} Source: {published.source}.")
    return "\n\n".join(part.strip() for part in parts) + "\n"
