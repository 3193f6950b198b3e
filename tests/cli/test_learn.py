"""`scraper learn`, and the commands that read pages with what it has learned."""

import json
from pathlib import Path

import pytest

from scraper import Site
from scraper.cli import main
from tests.archives import response
from tests.gazette import NOTICE, page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of saved pages, which name their URLs."""
    folder = tmp_path_factory.mktemp("pages")
    for number in range(12):
        html, url = page(number)
        (folder / f"{number}.html").write_text(html.replace("<head>", f'<head><link rel="canonical" href="{url}">'))
    return folder


@pytest.fixture(scope="module")
def site(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "site.json"
    assert main(["learn", str(pages), "-o", str(path), "--show", str(path.with_suffix(".html"))]) == 0
    return path


def bodies(output: str) -> list[list[str]]:
    return [json.loads(line)["body"] for line in output.splitlines()]


def test_a_site_is_learned_from_saved_pages(site):
    known = Site.from_json(site.read_bytes())
    assert (known.hosts, known.pages, len(known.sample)) == (("gazette.example",), 12, 12)


def test_the_page_shows_the_regions(site):
    html = site.with_suffix(".html").read_text("utf-8")
    assert "gazette.example" in html
    assert "12 of 12 pages" in html
    assert html.index('data-label="headline"') < html.index('data-label="body"') < html.index('data-label="more"')
    assert "<script" not in html


def test_more_pages_can_be_added(site, pages, tmp_path, capsys):
    (tmp_path / "50.html").write_text(page(50)[0])
    assert main(["learn", str(tmp_path / "50.html"), "--site", str(site)]) == 0
    known = Site.from_json(capsys.readouterr().out)
    assert (known.pages, len(known.sample)) == (13, 13)


def test_pages_are_extracted_with_a_site(site, pages, capsys):
    assert main(["extract", str(pages / "3.html")]) == 0
    assert NOTICE in bodies(capsys.readouterr().out)[0]
    assert main(["extract", str(pages / "3.html"), "--site", str(site)]) == 0
    assert NOTICE not in bodies(capsys.readouterr().out)[0]


def test_the_inputs_are_learned_first_in_any_order(pages, capsys):
    names = [str(path) for path in sorted(pages.iterdir())]
    outputs = []
    for order, jobs in ((names, "1"), (names[::-1], "2")):
        assert main(["extract", "--learn", *order, "--jobs", jobs]) == 0
        outputs.append(sorted(capsys.readouterr().out.splitlines()))
    assert outputs[0] == outputs[1]
    assert not any(NOTICE in body for body in bodies("\n".join(outputs[0])))


def test_a_host_with_few_pages_is_read_without_a_site(pages, capsys):
    assert main(["extract", "--learn", str(pages / "1.html"), str(pages / "2.html")]) == 0
    out, err = capsys.readouterr()
    assert all(NOTICE in body for body in bodies(out))
    assert err == "0 hosts learned; 1 host with fewer than 3 pages not learned\n"


def test_errors_are_reported_once(pages, tmp_path, capsys):
    (tmp_path / "bad.html").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0\x01" * 500)
    assert main(["extract", "--learn", *map(str, sorted(pages.iterdir())), str(tmp_path / "bad.html"), "no-file"]) == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        "1 host learned", str(tmp_path / "bad.html"), "no-file",
    ]  # fmt: skip


def test_an_explanation_names_the_other_pages(site, pages, capsys):
    assert main(["explain", str(pages / "3.html"), "--json", "--site", str(site)]) == 0
    reasons = {json.loads(line)["text"]: json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()}
    assert reasons[NOTICE] == "site: on 11 of 11 other pages"


def test_pages_without_a_url_are_counted(tmp_path, capsys):
    for number in range(4):
        (tmp_path / f"{number}.html").write_text(page(number)[0])
    assert main(["extract", "--learn", str(tmp_path)]) == 0
    assert "4 pages without a URL not learned" in capsys.readouterr().err


def test_an_unreadable_page_of_an_archive_is_named_and_no_error(tmp_path, capsys):
    members = [response(url, html) for html, url in map(page, range(4))]
    binary = response("https://gazette.example/photo", b"\x89PNG\r\n\x1a\n" + b"\0\x01" * 500)
    archive = tmp_path / "gazette.warc.gz"
    archive.write_bytes(b"".join([*members[:2], binary, *members[2:]]))
    assert main(["learn", str(archive), "-o", str(tmp_path / "site.json")]) == 0
    err = capsys.readouterr().err
    assert f"{archive}: https://gazette.example/photo: " in err
    assert "4 pages learned from" in err


def test_pages_of_several_hosts_are_reported(pages, tmp_path, capsys):
    html, _ = page(3)
    (tmp_path / "3.html").write_text(
        html.replace("<head>", '<head><link rel="canonical" href="https://other.example/">')
    )
    assert main(["learn", str(pages), str(tmp_path), "-o", str(tmp_path / "site.json")]) == 0
    assert "several hosts, not of one site: gazette.example, other.example" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["extract", "{page}", "--site", "{site}", "-o", "{site}", "--to", "jsonl"],
        ["explain", "{page}", "--json", "--site", "{site}", "-o", "{site}"],
        ["learn", "{page}", "--site", "{site}", "--show", "{site}"],
        ["learn", "{page}", "-o", "same.html", "--show", "same.html"],
    ],
)
def test_an_output_replaces_no_input(arguments, site, pages, capsys):
    names = {"site": site, "page": pages / "3.html"}
    before = site.read_bytes()
    assert main([argument.format(**names) for argument in arguments]) == 2
    assert "choose another file" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert site.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["learn"], 2, "no pages"),
        (["learn", "x.html", "--show", "x.txt"], 2, "HTML page"),
        (["learn", "x.html", "--show", "tests/"], 2, "'tests/' is a directory"),
        (["learn", "x.html", "-o", "tests/"], 2, "'tests/' is a directory"),
        (["explain", "x.html", "-o", "tests"], 2, "'tests' is a directory"),
        (["report", "tests", "-o", "tests/"], 2, "'tests/' is a directory"),
        (["check", "x.jsonl", "--repair", "tests/"], 2, "'tests/' is a directory"),
        (["learn", "fixtures/pages/theme-plain/page.html"], 1, "no page to learn from"),
        (["learn", "no-file"], 1, "No such file"),
        (["learn", "--site", "README.md"], 2, "not a site in JSON"),
        (["extract", "x.html", "--site", "no-file"], 2, "No such file"),
        (["explain", "x.html", "--site", "pyproject.toml"], 2, "not a site in JSON"),
        (["extract", "--learn", "-"], 1, "reads its inputs twice"),
        (["extract", "--learn", "https://portal.example/"], 1, "reads its inputs twice"),
    ],
)
def test_wrong_arguments_are_reported(arguments, status, message, capsys):
    assert main(arguments) == status
    assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())
