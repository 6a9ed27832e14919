"""The only package that uses Streamlit."""
