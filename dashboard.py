"""Descent Lab: navigation over the pages, and nothing else."""

import streamlit as st

st.set_page_config(page_title="Descent Lab", page_icon="⛰️", layout="wide")
st.navigation(
    {
        "Training": [
            st.Page("pages/optimizers.py", title="Optimizer variants", icon="🏁", default=True),
            st.Page("pages/activations.py", title="Activation functions", icon="〰️"),
            st.Page("pages/regularization.py", title="Regularization", icon="🪢"),
            st.Page("pages/depth.py", title="Depth and convergence", icon="🧱"),
        ]
    }
).run()
