"""Descent Lab: navigation over the pages, and nothing else."""

import streamlit as st

PAGES = {
    "": {"trial": "The trial"},
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
    },
    "Background": {"history": "History", "answers": "Questions and answers"},
}

st.set_page_config(page_title="Descent Lab", layout="wide")
st.navigation(
    {
        group: [st.Page(f"pages/{name}.py", title=title, default=name == "trial") for name, title in pages.items()]
        for group, pages in PAGES.items()
    }
).run()
