"""Result records to plotly figures, tables and sentences; pure functions that know nothing of Streamlit."""
