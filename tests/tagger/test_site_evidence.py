"""What the other pages of a site say about the blocks of a page."""

import numpy as np
import pytest

from scraper import explain, learn
from scraper.segment.page import read
from scraper.site import Site
from scraper.tagger.page_summary import path_keys
from scraper.tagger.site_evidence import EVIDENCE_COLUMNS, LEVELS, Evidence, evidence
from tests.gazette import NOTICE, page

SHARE = EVIDENCE_COLUMNS.index("text: share of stories")
SHORT = "<div class=a><p>The only paragraph of a page that is too short to be recognised by several texts.</p></div>"


def beside(html: str, site: Site) -> Evidence | None:
    document = read(html)
    assert site.index is not None
    return evidence(document, np.ones(len(document.blocks)), site.index)


@pytest.mark.parametrize("html", [SHORT, page(3)[0]])
def test_a_page_is_no_evidence_about_itself(html):
    assert beside(html, learn([html])) is None


def test_a_copy_with_another_frame_is_no_evidence():
    html = page(3)[0]
    copy = html.replace("<div class='qx1'>", "<div class='amp'><p>Open the page in the app</p></div><div class='qx1'>")
    assert beside(html, learn([copy])) is None
    known = beside(html, learn([copy, page(4)[0]]))
    assert known is not None
    assert known.pages == 1


def test_the_openings_of_stories_in_lists_are_no_repetition():
    html, opening = SHORT, "The only paragraph of a page that is too short to be recognised by several texts."
    titles = "".join(f"<li><a href=/{n}>The headline of story number {n} in this list</a></li>" for n in range(30))
    summary = learn([f"<ul class=t>{titles}</ul><div class=a><p>{opening}</p></div>"]).sample[0]
    for is_list, share in ((True, 0.0), (False, 1.0)):
        site = Site(sample=(type(summary)(summary.digest, is_list, summary.paths),))
        known = beside(html, site)
        assert known is not None
        assert known.columns[0, SHARE] == share


def test_blocks_of_which_the_other_pages_say_nothing_keep_their_labels():
    site = learn([page(number)[0] for number in range(6)])
    html = page(9)[0].replace("div", "section").replace(NOTICE, "").replace("By Ann Miller", "By Bo Lind")
    html = html.replace("Home", "Start").replace("More stories", "Further").replace("Copyright of", "Made by")
    alone, together = explain(html), explain(html, site=site)
    document = read(html)
    known = beside(html, site)
    assert known is not None
    unknown = np.flatnonzero(~known.known)
    assert len(unknown) >= len(document.blocks) // 2
    assert [together[i] for i in unknown] == [alone[i] for i in unknown]


def test_the_path_of_a_heading_ignores_its_id():
    first, second = (
        read(f"<article class=x><h2 id={name}>{name}</h2></article>") for name in ("version", "conclusion")
    )
    assert path_keys(first)[0].tolist() == path_keys(second)[0].tolist()
    other = read("<article class=y><h2 id=version>version</h2></article>")
    assert path_keys(first)[0].tolist() != path_keys(other)[0].tolist()


def test_links_and_texts_of_an_element_without_a_class_have_different_paths():
    title = "<p><a href=/1>Ferry returns after nine years</a></p>"
    document = read(f"<div><p>The ferry came back.</p>{title}<p>It was <a href=/2>late</a>.</p>{title}</div>")
    keys, names = path_keys(document)
    assert names == ["body > div > p", "body > div > p > a"] * 2
    assert keys[0] == keys[2] != keys[1] == keys[3]


def test_columns_of_a_table_without_classes_have_different_paths():
    page = read(
        "<table><tr><td><div>Most read</div><td><div>The ferry came back.</div><div>It was late.</div><td><div>Weather</div></table>"
    )
    keys, names = path_keys(page)
    assert names == [f"tr > td:{number} > div" for number in (1, 2, 2, 3)]
    assert len(set(keys.tolist())) == 3


def test_an_element_is_known_by_its_class_whatever_is_around_it_and_without_one_by_its_parent():
    site = learn(
        [
            "<main><div class=a><p class=text>The council decided on the bridge.</p></div><ul><li>An item</li></ul></main>"
        ]
    )
    html = (
        "<article><section class=b><p class=text>Rain is expected.</p></section>"
        "<div class=c><ul><li>Another item</li></ul><ol><li>A third item</li></ol></div></article>"
    )
    known = beside(html, site)
    assert known is not None
    by_level = {
        level: known.columns[:, EVIDENCE_COLUMNS.index(f"{level}: known")].tolist()
        for level in ("path", "elements", "element")
    }
    assert by_level == {"path": [0, 0, 0], "elements": [0, 0, 0], "element": [1, 1, 0]}
    assert known.known.tolist() == [True, True, False]
    assert known.labels.shape[0] == LEVELS
    assert known.labels[2, 0].any()
    assert not known.labels[:2].any()
