"""Records in other forms: what spreadsheets, YAML and readers of Markdown make of the texts of strangers."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from scraper import Article
from scraper.crawl.output.csv import CsvRecordExporter
from scraper.io.export import FORMS, cell, write
from scraper.io.jsonl import read_records

_C1 = "".join(map(chr, range(0x7F, 0xA0)))
STRANGE = Article(headline=f"a{_C1}b\u2028c\u2029d\ufeffe\ufffef\uffffg\U0001f600", body=("x",), authors=(f"Ada{_C1}",))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx", "\rx", " =1", "\xa0=1", "\u200b=1", "\ufeff=1", "\u202e@x", "\x00=1", "＝1", "＋1", "－1", "＠x", "﹦1", "﹢1", "﹣1", "﹫x", "⁼1", "⁺1", " ＝1", "=", "-"],
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_is_marked_as_text(text):
    assert cell(text) == f"'{text}"
    record = Article(headline=text, authors=(text,), body=(text,), section=text)
    file = io.BytesIO()
    FORMS["csv"]([record], file)
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    assert [row[name] for name in ("headline", "authors", "body", "section")] == [f"'{text}"] * 4
    file = io.BytesIO()
    exporter = CsvRecordExporter(file)
    exporter.export_item({"headline": text})
    exporter.finish_exporting()
    (row,) = csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))
    assert row["headline"] == f"'{text}"


@pytest.mark.parametrize("value", ["a=1", "1-2", "—x", "–", "−5", "'x", "", "漢字", "1", 5, -5, None, 0.5])
def test_other_values_stay_as_they_are(value):
    assert cell(value) == value


def test_front_matter_has_only_what_yaml_reads(tmp_path: Path):
    write([STRANGE], tmp_path / "out", "markdown")
    (page,) = (tmp_path / "out").iterdir()
    head = page.read_text("utf-8").split("---\n")[1]
    assert not re.search("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]", head)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    assert (json.loads(fields["title"]), json.loads(fields["authors"])) == (STRANGE.headline, list(STRANGE.authors))


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_json_lines_come_back(tmp_path: Path, form: str):
    path = tmp_path / f"a.{form}"
    write([STRANGE, Article(headline="b")], path, form)
    assert list(read_records(path)) == [STRANGE, Article(headline="b")]
    assert (path.read_bytes()[:1] == b"{") == (form == "jsonl")
