"""Arms of all chosen experiments in one table, the same as pictures, and everything to take away."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.components import compare_chart, frame
from app.components.compare_choice import Looked
from app.figures.about import today
from app.figures.text import in_filename, in_markdown
from rdpd_core.evaluation import METRICS
from rdpd_core.experiments.compared import Table, table_of
from rdpd_core.experiments.compared.drawn import basis, ranks_chart, scores_chart
from rdpd_core.experiments.compared.printed import shown_rows, to_csv, to_latex, to_markdown
from rdpd_core.experiments.compared.report import report_html
from rdpd_core.jobs.finished import facts_of

MOST_DRAWN = 60


def show(page: str, looked: Looked) -> Table:
    """Show the table; give it."""
    table = table_of(looked.found.entries, looked.selection)
    says(table.sentences())
    rows = shown_rows(table)
    alt = f"{table.title} of every arm: " + "; ".join(
        f"{row['experiment']} {row['arm']} {list(row.values())[2]}" for row in rows
    )
    if len(rows) <= MOST_DRAWN:
        spoken = [{**row, "experiment": in_markdown(row["experiment"]), "arm": in_markdown(row["arm"])} for row in rows]
        st.table(pd.DataFrame(spoken), border="horizontal", hide_index=True, alt=alt)
    else:
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt=alt[:2000])
    metric = METRICS[table.score]
    direction = "higher is better" if metric.higher_is_better else "lower is better"
    st.caption(in_markdown(f"{metric.title}, {direction}: {metric.help} {basis(table)}", 1500))
    for notice in table.notices():
        st.caption(in_markdown(notice, 900))
    if any(line.pinned for line in table.lines):
        st.caption("\\* pinned: these rows stay on top.")
    if len(table.lines) <= MOST_DRAWN:
        compare_chart.show(page, scores_chart(table), table.entries)
    if (ranks := ranks_chart(table)) is not None:
        frame.section("Ranks")
        compare_chart.show(page, ranks, table.entries)
    return table


def says(sentences: list[str]) -> None:
    """Show what may be concluded."""
    if sentences:
        with st.container(border=True):
            st.markdown("**What it says**")
            st.markdown("\n".join(f"- {in_markdown(said, 900)}" for said in sentences))


def take_away(page: str, looked: Looked) -> None:
    """Offer the table as files, the report, and the command that prints the same."""
    table, selection = table_of(looked.found.entries, looked.selection), looked.selection
    name = in_filename("compare", selection.score, *(job[:6] for job in selection.jobs[:3]))
    frame.section("Take away")

    def report() -> bytes:
        return report_html(looked.found.entries, looked.found.problems, selection, lambda entry: facts_of(looked.desk, entry))

    kinds = {
        "Report (HTML)": (report, "html", "text/html"),
        "Table (CSV)": (lambda: to_csv(table), "csv", "text/csv"),
        "Table (Markdown)": (lambda: to_markdown(table), "md", "text/markdown"),
        "Table (LaTeX)": (lambda: to_latex(table), "tex", "text/x-tex"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, ending, mime) in kinds.items():
            file, key = f"{name}_{today()}.{ending}", f"{page}.take.{ending}"
            look = {"on_click": "ignore", "icon": ":material/download:", "type": "tertiary"}
            st.download_button(label, make, file, mime, key=key, **look)
    st.caption(
        "The report opens without network: all scores, pictures with their numbers, and a footer of digests, seeds, versions "
        "and commands, from which it can be made again byte for byte. The camera above a picture saves it as PNG."
    )
    frame.command(selection.command(), "Prints the same table; --out FILE.html writes the report")
