"""What the server runs: the app, behind headers and the gate, with errors that say no more than their number."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `streamlit run` adds only this folder

from starlette.middleware import Middleware
from streamlit.starlette import App

from app import failures, stray, unheard
from app.gate import Guard

failures.hush()
stray.install()
unheard.install()
app = App(Path(__file__).with_name("main.py"), middleware=[Middleware(Guard)], on_script_error=failures.tell)
