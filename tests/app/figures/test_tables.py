"""The numbers behind each picture, and files that can leave the app."""

import io

import numpy as np
import pandas as pd

from app.figures.about import About
from app.figures.case import case_figure
from app.figures.export import to_html
from app.figures.tables import attention_table, distribution_table, signal_table, to_csv
from tests.app.made import case

ABOUT = About((("subject", "s<1>"), ("window", "2")), (("teacher", "0123456789abcdef"),))


def test_signal_table_has_time_and_units():
    made = case()
    table = signal_table(made, ("I", "V1"))
    assert list(table.columns) == ["time (s)", "I (mV)", "V1 (mV)"]
    assert table["time (s)"].iloc[0] == made.offset_s
    assert np.allclose(table["V1 (mV)"], made.signal[6])


def test_attention_table_has_a_row_per_arm_and_its_overlap():
    table = attention_table(case()).set_index("arm")
    assert table.loc["RDPD", "7.5 to 10 s"] == 0.45
    assert table.loc["RDPD", "overlap with teacher"] == 0.95
    assert np.isnan(table.loc["Teacher", "overlap with teacher"])
    assert table.loc["Teacher", "n (seeds)"] == 1


def test_distribution_table_marks_the_truth():
    table = distribution_table(case())
    assert len(table) == 12
    assert set(table[table["truth"]]["class"]) == {"bundle branch block"}


def test_csv_comes_back_with_the_same_numbers():
    table = distribution_table(case())
    back = pd.read_csv(io.BytesIO(to_csv(table, ABOUT)), comment="#")
    assert np.allclose(back["probability"], table["probability"])


def test_csv_cells_and_headings_are_no_formulas():
    table = pd.DataFrame({"=class": ["@a", "b"], "value": [-1.0, 2.0]})
    assert to_csv(table, About()).split(b"\n", 2)[2] == b"'=class,value\n'@a,-1\nb,2\n"
    assert list(table.columns) == ["=class", "value"]


def test_html_needs_no_network_and_says_what_it_is():
    page = to_html(case_figure(case(), ("I",)), "one <b> picture", ABOUT).decode()
    assert "one &lt;b&gt; picture" in page
    assert "not for clinical use" in page
    assert 'src="http' not in page
    assert "subject: s&lt;1&gt;" in page
    assert "model: teacher, sha256 0123456789abcdef" in page


def test_a_hash_sign_in_a_cell_is_no_comment():
    table = pd.DataFrame({"class": ["a # b", "c"], "value": [1.5, 2.0]})
    back = pd.read_csv(io.BytesIO(to_csv(table, ABOUT)), comment="#")
    assert back["class"].tolist() == ["a # b", "c"]
    assert back["value"].tolist() == [1.5, 2.0]
