"""Visitors who speak Streamlit's protocol as a browser does, but draw nothing: what they wait for is the server alone."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

LONGEST_S = 60.0
AGAIN_S = 0.4
PAGE, SUBJECT = "case", "case.subject"


class Failed(Exception):
    """Raised when a visitor sees an error, or waits in vain."""


class Answers(NamedTuple):
    """What visitors waited for.

    Attributes:
        seconds: From the message to the last part of the new page, for every change.
        errors: What went wrong.
        received: Bytes that the server sent for these changes, all visitors together.
    """

    seconds: list[float]
    errors: list[str]
    received: int


class Visitor:
    """One session: its address, its widgets, and what the server last drew."""

    def __init__(self, line: ClientConnection) -> None:
        """Take a connection that is open."""
        self._line = line
        self._query = ""
        self._page = ""
        self.received = 0
        self.widgets: dict[str, Any] = {}

    async def run(self, *changes: WidgetState) -> list[ForwardMsg]:
        """Send changed widgets, and give what the server answers until the run has ended.

        Raises:
            Failed: The page shows an exception, or did not end in time.
        """
        message = BackMsg()
        message.rerun_script.query_string = self._query
        if self._page:
            message.rerun_script.page_script_hash = self._page
        else:
            message.rerun_script.page_name = PAGE
        message.rerun_script.widget_states.widgets.extend(changes)
        await self._line.send(message.SerializeToString())
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._until_finished()
        except TimeoutError:
            raise Failed(f"no whole page within {LONGEST_S:g} s") from None

    async def _until_finished(self) -> list[ForwardMsg]:
        found = []
        while not found or found[-1].WhichOneof("type") != "script_finished":
            data = await self._line.recv()
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            self._note(message)
            found.append(message)
        if found[-1].script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
            raise Failed(f"a run ended as {ForwardMsg.ScriptFinishedStatus.Name(found[-1].script_finished)}")
        return found

    def _note(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise Failed(f"the page shows an exception: {element.exception.message}")
            if element.WhichOneof("type") == "selectbox":
                self.widgets[element.selectbox.id.rpartition("-")[2]] = element.selectbox

    async def arrive(self) -> None:
        """Open the page, and ask again as long as the server still reads."""
        await self.run()
        until = time.monotonic() + LONGEST_S
        while SUBJECT not in self.widgets:
            if time.monotonic() > until:
                raise Failed(f"the case study offered no subject within {LONGEST_S:g} s")
            await asyncio.sleep(AGAIN_S)
            await self.run()

    async def choose(self, subject: str) -> float:
        """Choose a subject; give the seconds until all of its page is here."""
        box = self.widgets[SUBJECT]
        began = time.perf_counter()
        found = await self.run(WidgetState(id=box.id, string_value=subject))
        took = time.perf_counter() - began
        titles = [title for message in found for title in [_title(message)] if title]
        if not any(title.startswith(subject.partition(" ")[0]) for title in titles):
            raise Failed(f"asked for {subject}, but the pictures show {titles}")
        return took


def _title(message: ForwardMsg) -> str:
    """Give the title of a picture; empty for all else."""
    if message.WhichOneof("type") != "delta" or message.delta.new_element.WhichOneof("type") != "plotly_chart":
        return ""
    spec = json.loads(message.delta.new_element.plotly_chart.spec)
    return spec["layout"].get("title", {}).get("text", "")


async def _visit(url: str, changes: int, pause_s: float, draw: random.Random, together: asyncio.Barrier) -> Answers:
    line = connect(f"{url.replace('http', 'ws', 1)}/_stcore/stream", subprotocols=["streamlit"], max_size=None, origin=url)
    seconds: list[float] = []
    async with line as opened:
        visitor = Visitor(opened)
        await visitor.arrive()
        await together.wait()
        before = visitor.received
        for _ in range(changes):
            await asyncio.sleep(draw.uniform(0, 2 * pause_s))
            now = visitor.widgets[SUBJECT]
            subject = draw.choice([one for one in now.options if one != now.raw_value])
            seconds.append(await visitor.choose(subject))
        return Answers(seconds, [], visitor.received - before)


async def _all(url: str, visitors: int, changes: int, pause_s: float, settled: Callable[[], None]) -> Answers:
    together = asyncio.Barrier(visitors)
    jobs = [_visit(url, changes, pause_s, random.Random(seed), together) for seed in range(visitors)]
    found = await asyncio.gather(*jobs, return_exceptions=True)
    settled()
    well = [one for one in found if isinstance(one, Answers)]
    errors = [f"{type(one).__name__}: {one}" for one in found if not isinstance(one, Answers)]
    return Answers([s for one in well for s in one.seconds], errors, sum(one.received for one in well))


def visit(url: str, visitors: int, changes: int, pause_s: float, settled: Callable[[], None] = lambda: None) -> Answers:
    """Let visitors look at the case study at the same time, each choosing one subject after another.

    Args:
        url: Of the app.
        visitors: How many.
        changes: How many subjects each of them chooses.
        pause_s: How long one looks at a subject, on average, in s; drawn evenly between 0 and twice that.
        settled: Called while all are still known to the server.
    """
    with ThreadPoolExecutor(1) as alone:  # the browser's loop occupies this thread
        return alone.submit(lambda: asyncio.run(_all(url, visitors, changes, pause_s, settled))).result()
