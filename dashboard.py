"""Descent Lab: navigation over the pages, and nothing else."""

import streamlit as st

st.set_page_config(page_title="Descent Lab", layout="wide")
st.navigation(
    {
        "Training": [
            st.Page("pages/optimizers.py", title="Optimizer variants", default=True),
            st.Page("pages/activations.py", title="Activation functions"),
            st.Page("pages/regularization.py", title="Regularization"),
            st.Page("pages/depth.py", title="Depth and convergence"),
        ]
    }
).run()
