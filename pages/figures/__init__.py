"""Turns results into charts: Plotly figures as plain data, without Streamlit."""
