"""Descent Lab: navigation over the pages, and nothing else."""

import itertools

import streamlit as st

from pages.ui.live.delivery import delivered

PAGES = {
    "": {"trial": "The trial", "playground": "Playground"},
    "The question": {
        "question": "Gradient descent or backpropagation?",
        "chain_rule": "The chain rule with its numbers",
        "misconceptions": "Five misconceptions",
    },
    "Training": {
        "optimizers": "Optimizer variants",
        "learning_rate": "Learning rate",
        "batch_size": "Batch size",
        "activations": "Activation functions",
        "depth": "Depth and convergence",
        "regularization": "Regularization",
    },
    "Beyond": {
        "complexity": "Complexity",
        "algorithms": "Other algorithms",
        "minima": "Local minima",
        "domains": "Domains",
        "sweeps": "Sweeps",
    },
    "Background": {"history": "History", "answers": "Questions and answers", "glossary": "Glossary"},
}

st.set_page_config(page_title="Descent Lab", layout="wide")
groups = {
    group: [st.Page(f"pages/{name}.py", title=title, default=name == "trial") for name, title in pages.items()]
    for group, pages in PAGES.items()
}
shown = st.navigation(groups, position="top")
shown.run()
path = list(itertools.chain(*groups.values()))
if shown in path[:-1]:
    following = path[path.index(shown) + 1]
    st.page_link(following, label=f"**Next:** {following.title} →")
delivered()
