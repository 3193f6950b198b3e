"""The explain page: it shows every block and the record, nothing of a hostile page runs in it, and it can be read."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page
from selectolax.lexbor import LexborHTMLParser, LexborNode

from fixtures.portal import site
from scraper import (
    Label,
    NotAnArticle,
    ScraperError,
    explain,
    explain_page,
    explain_page_text,
    explain_text,
    extract,
    extract_text,
)
from scraper.explanation.blocks import EMPHASISED, PALETTE
from scraper.pipeline import outcome, read
from scraper.printable import printable
from tests.browser import CONTRASTS, Watched
from tests.browser import browser as launched

PAGES = Path(__file__).parents[1] / "fixtures" / "pages"
URL = "https://portal.example/html/1.html"
STORIES = ("theme-complete-with-every-box", "general-english-newspaper", "body-hidden-twin", "theme-chinese-labels")
REFUSED = {
    "not-list-page": "listing",
    "not-empty-body": "empty",
    "not-404-page": "error page",
    "not-challenge-page": "blocked",
}

# All that the file is made of. No script, no picture, no frame, no form, no link to another page; no style attribute.
TAGS = set(
    "html head meta title style body header main section nav h1 h2 h3 p a dl div dt dd ol ul li span bdi strong b small"
    " mark meter svg rect fieldset legend label input figure figcaption details summary".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class id dir href tabindex aria-labelledby aria-describedby aria-hidden role"
    " value viewbox preserveaspectratio data-label x width height type checked start".split()
)

OF_THE_RECORD = {"body types", "extraction", "schema version", "id", "fetched at", "duplicate of", "replaces"}

HOSTILE = (
    "<script>document.title='run'</script>",
    '"onmouseover="document.title=\'run\'" x="',
    "'><img src=http://evil.example/x onerror=\"document.title='run'\">",
    "</style></title></textarea><svg onload=\"document.title='run'\">",
    "--><!--<iframe src='http://evil.example/'>]]>",
    "\u202egnp.exe\u202c \u2066isolate\u2069 \u200fmark",
    "nul \x00 bell \x07 escape \x1b[31m half \ud83d \ufffe",
    "&lt;b&gt; &amp;quot; &#60;i&#62; {style} {0} %s",
)
LINKS = ("javascript:document.title='run'", "JaVa\tScript:x()", "data:text/html,<script>x</script>", "//evil.example/")
STORY_TEXT = "The council voted on Monday to close the bridge until the autumn, when divers will have looked at it. "


def page_of(name: str) -> bytes:
    return (PAGES / name / "page.html").read_bytes()


def hostile_page() -> str:
    """A story with traps as its blocks, its list's links, and all that its head declares."""
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") for text in HOSTILE]
    paragraphs = "".join(f"<p>{STORY_TEXT}{text}</p>" for text in escaped)
    listed = "".join(
        f'<li><a href="{link.replace("<", "&lt;")}">Another story of the day {text}</a></li>'
        for link, text in zip(LINKS, escaped, strict=False)
    )
    return (
        f'<html lang="{escaped[1]}"><head><title>{escaped[0]}</title><meta property="og:site_name" content="{escaped[3]}">'
        f'<meta property="og:image" content="{LINKS[0]}"><link rel="canonical" href="{LINKS[0]}">'
        f'<meta name="keywords" content="{escaped[2]},{escaped[1]}"><meta name="author" content="Ada {escaped[0]}"></head>'
        f"<body><h1>Bridge to close {escaped[0]}</h1>{paragraphs}<h3>Related</h3><ul>{listed}</ul></body></html>"
    )


def tree(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def ancestor(node: LexborNode, name: str) -> str:
    """Return the attribute of the nearest element above that has it."""
    at: LexborNode | None = node
    while at is not None:
        if name in at.attributes:
            return at.attributes[name] or ""
        at = at.parent
    raise AssertionError(f"nothing above has {name}")


def shown_blocks(page: LexborHTMLParser) -> list[tuple[str, str]]:
    return [(ancestor(node, "data-label"), node.text()) for node in page.css(".run p")]


def record(page: LexborHTMLParser) -> dict[str, list[str]]:
    """The record's own keys with the texts of their entries."""
    pairs = {}
    for term in page.css("#record > dl > dt"):
        value = term.next
        assert value is not None
        assert value.tag == "dd"
        pairs[term.text()] = [node.text() for node in value.css("li") or [value]]
    return pairs


def assert_harmless(html: str) -> None:
    """The whole document is made of the tags and attributes of the page's own making, and its policy is in force."""
    page = tree(html)
    nodes = [node for node in page.css("*") if node.tag]
    assert {node.tag for node in nodes} <= TAGS
    assert {name.lower() for node in nodes for name in node.attributes} <= ATTRIBUTES
    assert {node.attributes["href"] for node in page.css("[href]")} == {"#record", "#blocks"}
    (style,) = page.css("style")
    digest = base64.b64encode(hashlib.sha256(style.text().encode()).digest()).decode()
    (policy,) = (node.attributes["content"] for node in page.css('meta[http-equiv="Content-Security-Policy"]'))
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)


# ---------------------------------------------------------------- what it shows


@pytest.mark.parametrize("name", [*STORIES, *REFUSED])
def test_each_block_is_shown_once_and_in_order_with_its_label_score_and_reason(name: str) -> None:
    page, labelled = tree(explain_page(page_of(name), url=URL)), explain(page_of(name), url=URL)
    assert shown_blocks(page) == [(item.label, printable(item.block.text)) for item in labelled]
    assert [node.attributes["tabindex"] for node in page.css(".run p")] == ["0"] * len(labelled)
    numbers = [int(node.attributes["start"] or 0) for node in page.css(".run ol")]
    assert numbers == [1 + i for i in range(len(labelled)) if i == 0 or labelled[i].label is not labelled[i - 1].label]
    scores = [f"unsure {item.score:.2f}" if item.score < 0.5 else f"{item.score:.2f}" for item in labelled]
    assert [node.text() for node in page.css(".run p + .score")] == scores
    for node, item in zip(page.css(".run p"), labelled, strict=True):
        (why,) = page.css(f"#{node.attributes['aria-describedby']}")
        reason = why.text().removesuffix("; it opens with the dateline")
        assert reason == f"{item.label.replace('_', ' ')} score {item.score:.2f}, {item.reason}"


def test_the_page_explains_how_to_see_a_reason() -> None:
    (message,) = tree(explain_page(page_of(STORIES[0]))).css("#blocks > p")
    assert "Hover over the block, tap it, or focus it with Tab to read the reason." in message.text()


@pytest.mark.parametrize("name", [*STORIES, *REFUSED])
def test_the_legend_has_a_switch_and_a_count_for_each_label(name: str) -> None:
    page, labelled = tree(explain_page(page_of(name), url=URL)), explain(page_of(name), url=URL)
    counts = Counter(item.label for item in labelled)
    switches = {node.attributes["data-label"]: node for node in page.css(".legend label")}
    assert list(switches) == [label for label in Label if label in counts]
    for label, node in switches.items():
        (switch,) = node.css("input")
        assert switch.attributes["id"] == f"show-{label}"
        assert ("checked" in switch.attributes) == (label != "hidden")
        assert node.text().split() == [*str(label).split("_"), str(counts[Label(label)])]


def test_there_is_a_rule_for_each_label() -> None:
    style = tree(explain_page(page_of(STORIES[0]))).css("style")[0].text()
    assert [label for label in Label if f"#show-{label}:not(:checked)" not in style] == []
    assert [label for label in Label if f"--own:var(--{label})" not in style] == []


def test_the_whole_record_is_shown() -> None:
    page, story = tree(explain_page(page_of(STORIES[0]), url=URL)), extract(page_of(STORIES[0]), url=URL)
    entries = record(page)
    assert entries["headline"] == [story.headline]
    assert entries["body"] == list(story.body)
    assert entries["authors"] == list(story.authors)
    assert entries["url"] == [URL]
    assert entries["like count"] == [str(story.like_count)]
    assert story.date_published is not None
    assert entries["date published"] == [story.date_published.isoformat()]
    links = [f"{link.text} {link.url}" for links in story.sidebar.values() for link in links]
    assert links
    assert entries["sidebar"] == links
    counts = ", ".join(f"{name.replace('_', ' ')} {len(item)}" for name, item in story.sidebar.items())
    assert [node.text() for node in page.css("#record .sidebar summary")] == [counts]
    (dateline,) = page.css("#record .dateline dl")
    assert [node.text() for node in dateline.css("dd")] == ["BERGEN, Norway (AP) — ", "BERGEN, Norway", "AP", "0"]
    (missing,) = page.css(".missing")
    absent = missing.text().removeprefix("Missing on the page: ").removesuffix(".").split(", ")
    assert absent == ["canonical url", "description", "date modified", "view count", "image", "images", "keywords"]
    of_the_page = {key.replace("_", " ") for key in story.to_dict()} - OF_THE_RECORD
    assert {*entries, *absent} == of_the_page


def test_the_dateline_is_marked_where_it_stands() -> None:
    for html in (explain_page(page_of(STORIES[0])), explain_page(page_of(STORIES[1]))):
        (mark,) = tree(html).css("mark")
        assert "(" in mark.text()
        (why,) = [node for node in tree(html).css(".why") if "opens with the dateline" in node.text()]
        assert why.parent is not None
        assert (why.parent.css_first("mark") or why).text() == mark.text()
    text = (PAGES / "dateline-none-before-dash" / "page.txt").read_text("utf-8")
    assert tree(explain_page_text(text)).css("mark") == []
    paragraph = f"OSLO, Norway (AP) — {STORY_TEXT}"
    twice = tree(
        explain_page_text("\n".join(["Bridge to close", *[paragraph + item * 3 for item in ("One. ", "Two. ")]]))
    )
    assert [node.text() for node in twice.css("mark")] == ["OSLO, Norway (AP) —"]


def test_the_head_tells_confidence_and_warnings() -> None:
    html = explain_page(page_of("general-english-newspaper"))
    story = extract(page_of("general-english-newspaper"))
    facts = tree(html).css_first(".facts")
    assert facts is not None
    assert facts.css_first(".confidence dd").text().strip() == f"{story.extraction.confidence:.2f}"
    assert facts.css_first(".template dd").text() == "none known"
    assert facts.css_first(".warnings dd").text() == "none"
    warned = tree(explain_page(page_of("injected-colon")))
    assert [node.text() for node in warned.css(".facts .warnings li")] == ["injected keyword"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_page_that_is_no_article_has_the_reason_in_the_records_place(name: str) -> None:
    page = tree(explain_page(page_of(name), url=URL))
    (refusal,) = page.css("#record .refusal")
    assert refusal.text().startswith(f"No record: {REFUSED[name]}. The page ")
    assert page.css("#record dl") == []
    assert page.css_first("h1").text() == "No article"
    assert page.css_first(".facts .verdict dd").text() == f"no article: {REFUSED[name]}"


def test_a_page_without_a_block_has_a_page_too() -> None:
    page = tree(explain_page("<title>x</title>"))
    assert page.css(".run") == page.css(".strip") == []
    assert page.css_first(".facts .verdict dd").text() == "no article: empty"


def test_flattened_text_has_a_page_too() -> None:
    text = (PAGES / "text-plain" / "page.txt").read_text("utf-8")
    html = explain_page_text(text, url=URL)
    assert shown_blocks(tree(html)) == [(item.label, item.block.text) for item in explain_text(text)]
    assert record(tree(html))["headline"] == [extract_text(text).headline]
    assert tree(html).css_first(".address").text() == URL


def test_both_come_from_one_reading(portal_pages: dict[str, site.Page]) -> None:
    path = "/html/961a89698142.html"
    labelled, verdict = outcome(read(portal_pages[path].body, url=URL))
    assert labelled == explain(portal_pages[path].body, url=URL)
    assert verdict == extract(portal_pages[path].body, url=URL)
    labelled, verdict = outcome(read(page_of("not-list-page")))
    assert labelled == explain(page_of("not-list-page"))
    assert isinstance(verdict, NotAnArticle)
    assert verdict.reason == "listing"


@pytest.mark.parametrize("page", [None, 5, ["x"], b"\x89PNG\r\n\x1a\n" + bytes(1000)])
def test_other_input_is_refused(page: Any) -> None:
    for function in (explain_page, explain_page_text, explain_text):
        with pytest.raises(ScraperError):
            function(page)


# ---------------------------------------------------------------- what may not run


@pytest.mark.parametrize("name", [*STORIES, *REFUSED])
def test_the_page_is_made_of_harmless_parts(name: str) -> None:
    assert_harmless(explain_page(page_of(name), url=URL))


@pytest.mark.parametrize("url", [None, URL, LINKS[0], HOSTILE[1], HOSTILE[5]])
def test_hostile_text_runs_nothing(url: str | None) -> None:
    html = explain_page(hostile_page(), url=url)
    assert_harmless(html)
    texts = [text for _, text in shown_blocks(tree(html))]
    assert f"{STORY_TEXT}{HOSTILE[0]}" in texts
    assert any(text.startswith(f"{STORY_TEXT}[U+202E]gnp.exe[U+202C]") for text in texts)
    assert any("Another story of the day" in text for text in texts)
    assert record(tree(html))["headline"] == [HOSTILE[0]]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_lines_of_text_run_nothing(text: str) -> None:
    lines = f"Bridge to close {text}\n" + f"{STORY_TEXT * 3}{text}\n" * 3
    html = explain_page_text(lines, url=text)
    assert_harmless(html)
    assert [text for _, text in shown_blocks(tree(html))] == [
        printable(line.block.text) for line in explain_text(lines)
    ]


@settings(max_examples=100)
@given(st.lists(st.text(st.characters() | st.sampled_from("<>&\"'/="), max_size=60), max_size=8))
def test_no_text_runs_anything(lines: list[str]) -> None:
    text = "\n".join(["Bridge to close", STORY_TEXT * 3, *lines])
    assert_harmless(explain_page_text(text))
    assert_harmless(explain_page(text))


# ---------------------------------------------------------------- the colours


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_rightly() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_each_colour_can_be_read() -> None:
    for name in PALETTE.keys() - {"paper", "card", "rule"}:
        for light in (0, 1):
            for ground in ("paper", "card"):
                assert contrast(PALETTE[name][light], PALETTE[ground][light]) >= 4.5, (name, light, ground)


def test_each_label_has_a_colour_of_its_own() -> None:
    for light in (0, 1):
        assert len({PALETTE[label][light] for label in Label}) == len(Label)
    assert set(Label) >= EMPHASISED


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The explain page of a page with every box, as a file."""
    path = tmp_path / "page.html"
    path.write_text(explain_page(page_of(STORIES[0]), url=URL), "utf-8")
    return path


def colour(page: Page, selector: str, name: str = "color") -> str:
    result: str = page.eval_on_selector(selector, "(node, name) => getComputedStyle(node)[name]", name)
    return result


def rgb(name: str, scheme: str) -> str:
    value = PALETTE[name][scheme == "dark"]
    return "rgb({}, {}, {})".format(*(int(value[at : at + 2], 16) for at in (1, 3, 5)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_shows_it_in_the_readers_colours(browser: Browser, file: Path, scheme: str) -> None:
    watched = Watched(browser, file, color_scheme=scheme)
    page = watched.page
    assert colour(page, "body", "backgroundColor") == rgb("paper", scheme)
    for label in ("headline", "body", "related", "footer"):
        assert colour(page, f'.run[data-label="{label}"] h3') == rgb(label, scheme)
    assert colour(page, '[data-label="body"] ol', "borderLeftColor") == rgb("body", scheme)
    assert colour(page, "mark") == rgb("dateline", scheme)
    assert colour(page, '.run[data-label="body"] p') == rgb("ink", scheme)
    assert colour(page, '.run[data-label="footer"] p') == rgb("soft", scheme)
    watched.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_all_text_can_be_read(browser: Browser, file: Path, scheme: str, width: int) -> None:
    watched = Watched(browser, file, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = watched.page
    page.locator('.run[data-label="related"] p').first.focus()
    page.locator('.run[data-label="body"] p').first.hover()
    measured = page.evaluate(CONTRASTS)
    assert len(measured) > 100
    assert [pair for pair in measured if pair[1] < 4.5] == []
    watched.assert_quiet()


def test_a_switch_hides_its_label_and_no_other(browser: Browser, file: Path) -> None:
    watched = Watched(browser, file)
    page = watched.page
    related, body = (page.locator(f'.run[data-label="{label}"] p') for label in ("related", "body"))
    assert (related.count(), related.first.is_visible(), body.first.is_visible()) == (10, True, True)
    page.get_by_label("related 10").uncheck()
    assert (related.first.is_visible(), body.first.is_visible()) == (False, True)
    page.get_by_label("related 10").focus()
    page.keyboard.press("Space")
    assert related.first.is_visible()
    watched.assert_quiet()


def test_what_the_page_hides_is_off_at_first(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(explain_page(page_of("body-hidden-twin")), "utf-8")
    watched = Watched(browser, tmp_path / "page.html")
    hidden = watched.page.locator('.run[data-label="hidden"] p').first
    assert not hidden.is_visible()
    watched.page.locator("#show-hidden").check()
    assert hidden.is_visible()
    watched.assert_quiet()


@pytest.mark.parametrize("width", [390, 1360])
def test_hover_and_keyboard_show_the_reason(browser: Browser, file: Path, width: int) -> None:
    watched = Watched(browser, file, viewport={"width": width, "height": 800})
    page = watched.page
    blocks, reasons = page.locator(".run p"), page.locator(".why")
    assert is_tiny(page, 0)
    page.locator(".legend input").last.focus()
    page.keyboard.press("Tab")
    assert blocks.first.evaluate("node => node === document.activeElement")
    assert not is_tiny(page, 0)
    assert inside(reasons.first.bounding_box(), width)
    page.keyboard.press("Tab")
    assert is_tiny(page, 0)
    assert not is_tiny(page, 1)
    blocks.nth(9).hover()
    assert not is_tiny(page, 9)
    assert inside(reasons.nth(9).bounding_box(), width)
    assert reasons.nth(9).inner_text().split()[0] == page.locator(".run p").nth(9).evaluate(
        "node => node.closest('.run').dataset.label"
    )
    watched.assert_quiet()


@pytest.mark.parametrize("label", ["like", "breadcrumb"])
def test_on_a_phone_a_reason_covers_nothing(browser: Browser, file: Path, label: str) -> None:
    watched = Watched(browser, file, viewport={"width": 390, "height": 800})
    run = watched.page.locator(f'.run[data-label="{label}"]').first
    run.locator("p").focus()
    block, reason = (run.locator(name).bounding_box() or {} for name in ("p", ".why"))
    following = run.evaluate("node => node.nextElementSibling.getBoundingClientRect().top")
    assert block["y"] + block["height"] <= reason["y"]
    assert reason["y"] + reason["height"] <= following
    watched.assert_quiet()


def is_tiny(page: Page, index: int) -> bool:
    box = page.locator(".why").nth(index).bounding_box()
    return box is not None and box["width"] <= 1 and box["height"] <= 1


def inside(box: Any, width: int) -> bool:
    return box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 10


def test_screen_readers_get_every_reason(browser: Browser, file: Path) -> None:
    watched = Watched(browser, file)
    snapshot = watched.page.locator("body").aria_snapshot()
    for story in explain(page_of(STORIES[0]), url=URL):
        assert f"score {story.score:.2f}, {story.reason}" in snapshot
    watched.assert_quiet()


@pytest.mark.parametrize(("width", "beside"), [(390, False), (800, False), (1360, True)])
def test_the_record_stands_beside_the_blocks_where_there_is_room(
    browser: Browser, file: Path, width: int, beside: bool
) -> None:
    watched = Watched(browser, file, viewport={"width": width, "height": 800})
    page = watched.page
    record, blocks = (page.locator(name).bounding_box() for name in ("#record", "main"))
    assert record is not None
    assert blocks is not None
    assert (record["x"] > blocks["x"] + blocks["width"]) is beside
    assert (blocks["y"] + blocks["height"] <= record["y"]) is not beside
    assert page.eval_on_selector("#record", "node => node.scrollHeight <= node.clientHeight")  # none of it is cut off
    assert page.evaluate("document.documentElement.scrollWidth") == width
    watched.assert_quiet()


def test_print_is_light_and_tells_each_reason(browser: Browser, file: Path) -> None:
    watched = Watched(browser, file, color_scheme="dark")
    page = watched.page
    page.emulate_media(media="print")
    assert colour(page, ".run h3") == rgb("other", "light")
    assert colour(page, '.run[data-label="body"] p') == rgb("ink", "light")
    assert not page.locator(".legend").is_visible()
    assert [index for index in range(page.locator(".why").count()) if is_tiny(page, index)] == []
    watched.assert_quiet()


def test_it_is_read_without_scripts(browser: Browser, file: Path) -> None:
    watched = Watched(browser, file, java_script_enabled=False)
    watched.page.locator("#show-body").uncheck()
    assert not watched.page.locator('.run[data-label="body"]').first.is_visible()
    assert watched.page.locator('.run[data-label="headline"]').first.is_visible()
    watched.assert_quiet()


@pytest.mark.parametrize("url", [URL, LINKS[0]])
def test_a_hostile_page_does_nothing_in_the_browser(browser: Browser, tmp_path: Path, url: str) -> None:
    (tmp_path / "page.html").write_text(explain_page(hostile_page(), url=url), "utf-8")
    watched = Watched(browser, tmp_path / "page.html")
    for block in watched.page.locator(".run p").all():
        block.hover()
        block.click()
    assert watched.page.title() == f"{HOSTILE[0]}: explained"
    assert watched.page.locator("script, img, iframe, svg[onload]").count() == 0
    watched.assert_quiet()


def test_the_watch_sees_a_page_that_is_not_quiet(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<img src='http://evil.example/x'><script>console.log('run')</script>", "utf-8")
    watched = Watched(browser, tmp_path / "page.html")
    assert "http://evil.example/x" in watched.asked
    assert "run" in watched.said
    watched.context.close()
