"""Turns results into charts: Plotly figures as plain data, without Streamlit. A figure's docstring is its caption."""
