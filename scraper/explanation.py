"""The explain page: what became of every block of a page, and the record that came of it, as one file of HTML.

The file needs nothing but itself: no script, no picture, no font, no request. Its policy forbids all of them, so that
text of a hostile page, which is escaped, could do nothing even if it were not. Labels are switched by style alone.
"""

import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from scraper.article import Article
from scraper.block import Document, Label, Labelled
from scraper.coverage import FIELDS
from scraper.errors import NotAnArticle, Reason
from scraper.pipeline import outcome, read, read_text
from scraper.printable import printable

__all__ = ["PALETTE", "STORY", "explain_page", "explain_page_text"]

PALETTE = {
    "paper": ("#f7f5f0", "#131519"),
    "card": ("#fffefb", "#1b1e24"),
    "ink": ("#1c1d21", "#ebe8e1"),
    "soft": ("#5d5f66", "#a3a6ae"),
    "rule": ("#dedad0", "#30343c"),
    "alarm": ("#9f1d1d", "#ff9d93"),
    "dateline": ("#0a6559", "#6fd6c3"),
    Label.HEADLINE: ("#a2330d", "#ffa27a"),
    Label.KICKER: ("#8f3a22", "#f5ab8c"),
    Label.BREADCRUMB: ("#52647a", "#9db1c9"),
    Label.STANDFIRST: ("#8a4b08", "#eeb56b"),
    Label.BYLINE: ("#17673c", "#7fd19f"),
    Label.DATE: ("#4b6210", "#b6cc6e"),
    Label.SECTION: ("#2b6a6a", "#83c9c8"),
    Label.BODY: ("#1c4f96", "#8fb9f5"),
    Label.SUBHEADING: ("#4340a8", "#aeb0ff"),
    Label.CAPTION: ("#086880", "#74cbe2"),
    Label.LIKE: ("#a81f56", "#ff9dc0"),
    Label.TAGS: ("#7a5a00", "#dcbd62"),
    Label.LIST_HEADING: ("#6b2fa3", "#cfa6f7"),
    Label.RELATED: ("#7a2f9e", "#d9a2f2"),
    Label.RANKING: ("#8b2785", "#eb9be4"),
    Label.RECOMMENDATION: ("#93266f", "#f39bcf"),
    Label.LATEST: ("#5f45a6", "#beaef5"),
    Label.MORE: ("#6d4a86", "#c8aede"),
    Label.LISTING: ("#744a72", "#d0aecf"),
    Label.SPONSORED: ("#7d5410", "#dbb06a"),
    Label.PROMO: ("#83511c", "#d9ae7d"),
    Label.COMMENT: ("#6a5f4c", "#b9ae9a"),
    Label.AUTHOR_BIO: ("#3d6150", "#9fc4b0"),
    Label.SHARE: ("#6c5a6c", "#bba9bb"),
    Label.NAVIGATION: ("#5c6470", "#a2a9b4"),
    Label.FOOTER: ("#656059", "#aaa59d"),
    Label.HIDDEN: ("#6b6b6b", "#9f9f9f"),
    Label.OTHER: ("#62625f", "#a8a8a4"),
}
"""Each colour by light and by dark. On `paper` and `card` all but `rule` read as text: 4.5 to 1 at least."""

STORY = frozenset((Label.HEADLINE, Label.STANDFIRST, Label.BODY, Label.SUBHEADING))
"""What stands out on the page; all else recedes."""

_UNSURE = 0.5  # a lower score is pointed out

_POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
_REASONS: dict[Reason, str] = {
    "listing": "It is a list of stories: a home, section, tag or search page.",
    "empty": "It has no text to speak of.",
    "error page": "It says that there is no such page, or that something broke.",
    "blocked": "It is a log-in wall, a challenge or a refusal.",
}

Runs = list[tuple[Label, list[tuple[int, Labelled]]]]


def explain_page(page: bytes | str, *, url: str | None = None, content_type: str | None = None) -> str:
    """Return the explain page of a news page, as one self-contained HTML document.

    A page that holds no article has its reason in the record's place. Takes what `extract` takes, and raises
    `ScraperError` for input that is no page.
    """
    return _render(read(page, url=url, content_type=content_type))


def explain_page_text(text: str, *, url: str | None = None) -> str:
    """Return the explain page of flattened text; raises `ScraperError` as `extract_text` does."""
    return _render(read_text(text, url=url))


def _render(document: Document) -> str:
    labelled, found = outcome(document)
    runs = [(label, list(run)) for label, run in itertools.groupby(enumerate(labelled), lambda pair: pair[1].label)]
    article = found if isinstance(found, Article) else None
    title = article.headline if article else "No article"
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(digest)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">\n',
            f"<title>{_text(title)}: explained</title>\n<style>{style}</style></head>\n<body>\n",
            *_head(title, document, runs, found),
            *_legend(labelled),
            *_blocks(runs, article),
            *_record(found),
            "</body></html>\n",
        )
    )


def _text(value: object) -> str:
    return escape(printable(str(value)))


def _name(label: str) -> str:
    return label.replace("_", " ")


def _style() -> str:
    import importlib.resources  # noqa: PLC0415 - 10 ms, for the few who ask

    light, dark = ("".join(f"--{name}:{pair[index]};" for name, pair in PALETTE.items()) for index in (0, 1))
    rules = "\n".join(
        f'[data-label="{each}"]{{--own:var(--{each})}}'
        f'body:has(#show-{each}:not(:checked)) .run[data-label="{each}"]{{display:none}}'
        for each in Label
    )
    sheet = importlib.resources.files("scraper").joinpath("explanation.css").read_text("utf-8")
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}\n{sheet}"


# ---------------------------------------------------------------- the head


def _head(title: str, document: Document, runs: Runs, found: Article | NotAnArticle) -> Iterator[str]:
    yield f'<header><p class="kicker">How this page was read</p>\n<h1 dir="auto">{_text(title)}</h1>\n'
    if document.url:
        yield f'<p class="address">{_text(document.url)}</p>\n'
    facts = _facts(found) | {"Blocks": f"{len(document.blocks):,}"}
    yield '<dl class="facts">'
    yield "".join(f'<div class="{name.lower()}"><dt>{name}</dt><dd>{value}</dd></div>' for name, value in facts.items())
    yield "</dl>\n"
    yield from _strip(runs)
    yield '<nav><a href="#blocks">Blocks</a> <a href="#record">Record</a></nav></header>\n'


def _facts(found: Article | NotAnArticle) -> dict[str, str]:
    """The verdict in few words, as HTML."""
    if isinstance(found, NotAnArticle):
        return {"Verdict": f"no article: {_text(found.reason)}"}
    made = found.extraction
    warned = "".join(f"<li>{_text(_name(warning))}</li>" for warning in made.warnings)
    return {
        "Verdict": "article",
        "Confidence": f'{made.confidence:.2f} <meter value="{made.confidence:.2f}" aria-hidden="true"></meter>',
        "Template": _text(made.profile) if made.profile != "generic" else "none known",
        "Warnings": f"<ul>{warned}</ul>" if warned else "none",
    }


def _strip(runs: Runs) -> Iterator[str]:
    """The whole page at one look: a stripe for each run of blocks, as wide as its text is long."""
    lengths = [(label, sum(len(each.block.text) for _, each in run)) for label, run in runs if label != Label.HIDDEN]
    ends = list(itertools.accumulate(length for _, length in lengths))
    if not ends:
        return
    yield '<figure class="strip" aria-hidden="true">'
    yield f'<svg viewBox="0 0 {ends[-1]} 1" preserveAspectRatio="none">'
    for (label, length), end in zip(lengths, ends, strict=True):
        yield f'<rect data-label="{label}" x="{end - length}" width="{length}" height="1"/>'
    yield "</svg><figcaption>The page from its top to its end: each label in its colour, as wide as its text is long."
    yield "</figcaption></figure>\n"


# ---------------------------------------------------------------- the record


def _record(found: Article | NotAnArticle) -> Iterator[str]:
    yield '<section id="record" aria-labelledby="record-title"><h2 id="record-title">Record</h2>\n'
    if isinstance(found, NotAnArticle):
        yield f'<p class="refusal"><strong>No record: {_text(found.reason)}.</strong> {_REASONS[found.reason]}</p>'
    else:
        record = found.to_dict()
        told = {key: record[key] for key in ("headline", *FIELDS)}
        yield _value({key: value for key, value in told.items() if key == "headline" or _is_told(value)})
        missing = ", ".join(_name(key) for key, value in told.items() if not _is_told(value))
        yield f'\n<p class="missing">Not told by the page: {missing}.</p>'
    yield "</section>\n"


def _is_told(value: Any) -> bool:
    return any(map(_is_told, value.values())) if isinstance(value, dict) else value not in (None, "", [])


def _value(value: Any) -> str:
    """Any value of a record as HTML; a link is its text and its URL, which cannot be followed."""
    if isinstance(value, dict) and value.keys() == {"text", "url"}:
        address = f' <span class="address">{_text(value["url"])}</span>' if value["url"] else ""
        return f"<bdi>{_text(value['text'])}</bdi>{address}"
    if isinstance(value, dict):
        pairs = (
            f'<dt>{_text(_name(key))}</dt><dd class="{_text(key)}">'
            f"{_folded(each) if key == 'sidebar' else _value(each)}</dd>"
            for key, each in value.items()
        )
        return f"<dl>{''.join(pairs)}</dl>"
    if isinstance(value, list):
        return "<ol>" + "".join(f'<li dir="auto">{_value(each)}</li>' for each in value) + "</ol>" if value else "none"
    return "none" if value is None else f"<bdi>{_text(value)}</bdi>"


def _folded(lists: dict[str, list[Any]]) -> str:
    """The lists beside the story, folded: the blocks show them, too."""
    counts = ", ".join(f"{_name(key)} {len(each)}" for key, each in lists.items() if each)
    return f"<details><summary>{_text(counts)}</summary>{_value(lists)}</details>"


# ---------------------------------------------------------------- the blocks


def _legend(labelled: Iterable[Labelled]) -> Iterator[str]:
    """A switch for each label of the page; what the page hides is off at first."""
    counts = Counter(each.label for each in labelled)
    yield '<main><fieldset class="legend"><legend>Labels</legend>\n'
    for label in filter(counts.__contains__, Label):
        checked = "" if label is Label.HIDDEN else " checked"
        yield f'<label data-label="{label}"><input type="checkbox" id="show-{label}"{checked}> '
        yield f"{_name(label)} <b>{counts[label]:,}</b></label>\n"
    yield "</fieldset>\n"


def _blocks(runs: Runs, article: Article | None) -> Iterator[str]:
    language = f' lang="{_text(article.language)}"' if article and article.language else ""
    yield '<section id="blocks" aria-labelledby="blocks-title"><h2 id="blocks-title">Blocks</h2>\n'
    yield "<p>Beside each block stands the score of its label, 1 at most."
    yield " Point at the block, tap it, or go to it with Tab to read the reason.</p>\n"
    opening = article.dateline.raw if article and article.dateline else ""
    for label, run in runs:
        kind = "run story" if label in STORY else "run"
        yield f'<section class="{kind}" data-label="{label}"><h3>{_name(label)}</h3>'
        yield f'<ol start="{run[0][0] + 1}">\n'
        for number, each in run:
            dateline = opening if label in STORY and opening and each.block.text.startswith(opening.strip()) else ""
            yield from _block(number, each, dateline.strip(), language)
            opening = "" if dateline else opening
        yield "</ol></section>\n"
    yield "</section></main>\n"


def _block(number: int, each: Labelled, dateline: str, language: str) -> Sequence[str]:
    text = _text(each.block.text.removeprefix(dateline))
    mark, note = (f"<mark>{_text(dateline)}</mark>", "; it opens with the dateline") if dateline else ("", "")
    score = ("score unsure", f"unsure {each.score:.2f}") if each.score < _UNSURE else ("score", f"{each.score:.2f}")
    return (
        f'<li><p tabindex="0" dir="auto" aria-describedby="why-{number}"{language}>{mark}{text}</p>',
        f'<small class="{score[0]}" aria-hidden="true">{score[1]}</small>',
        f'<small class="why" id="why-{number}" role="tooltip"><b>{_name(each.label)}</b> score {each.score:.2f}, ',
        f"{_text(each.reason)}{note}</small></li>\n",
    )
