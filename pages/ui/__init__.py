"""The only home of streamlit."""
