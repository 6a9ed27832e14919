"""The pages of the app by group, and the way to them from anywhere."""

import itertools

import streamlit as st
from streamlit.navigation.page import StreamlitPage

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
LED = "brought here by the navigation"  # in the session of a visitor


def lead() -> None:
    """Show the page of the visitor's address, and below it the way to the next."""
    st.session_state[LED] = True
    groups = navigation()
    shown = st.navigation(groups, position="top", expanded=True)
    path = list(itertools.chain(*groups.values()))
    shown.run()
    if shown in path[:-1]:
        following = path[path.index(shown) + 1]
        st.page_link(following, label=f"**Next:** {following.title} →")


def navigation() -> dict[str, list[StreamlitPage]]:
    """The pages as Streamlit takes them."""
    return {
        group: [st.Page(f"pages/{name}.py", title=title, default=name == "trial") for name, title in pages.items()]
        for group, pages in PAGES.items()
    }


def be_led() -> None:
    """Begin again under dashboard.py, if this page's script is run alone.

    A server that has not served its first page yet takes the folder pages/ for Streamlit's older kind of navigation,
    and runs the script of a deep link by itself; once it knows the pages, it runs dashboard.py for all of them.
    """
    if LED not in st.session_state:
        st.navigation(navigation(), position="top")
        st.rerun()
