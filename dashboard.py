"""Descent Lab: navigation over the pages, and nothing else."""

import streamlit as st

from pages.ui.frame.navigation import lead

st.set_page_config(page_title="Descent Lab", layout="wide")
lead()
