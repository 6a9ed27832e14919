"""Descent Lab: navigation over the pages, and nothing else."""

import sys

import streamlit as st

from pages.ui.frame.navigation import lead

if not st.runtime.exists():
    sys.exit("This is a Streamlit app: start it with `streamlit run dashboard.py`.")
st.set_page_config(page_title="Descent Lab", layout="wide")
lead()
