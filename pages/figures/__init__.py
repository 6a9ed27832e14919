"""Results to charts: plotly as plain data, never streamlit."""
