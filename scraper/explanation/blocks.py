"""The explain page: the label of every block of a page and the extracted record, as one HTML file.

The file is self-contained: no script, image, font or request. Its content security policy forbids them all, as a second
line of defence behind the escaping of text from hostile pages. Labels are toggled by CSS alone.
"""

import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from scraper.article import Article
from scraper.block import Document, Labelled
from scraper.coverage import FIELDS
from scraper.errors import NotAnArticle, Reason
from scraper.label import STORY, Label
from scraper.pipeline import outcome, read, read_text
from scraper.printable import printable

if TYPE_CHECKING:
    from scraper.site import Site

__all__ = ["EMPHASISED", "PALETTE", "escaped", "explain_page", "explain_page_text", "html_page", "spelled"]

PALETTE: dict[str, tuple[str, str]] = {
    "paper": ("#f7f5f0", "#131519"),
    "card": ("#fffefb", "#1b1e24"),
    "ink": ("#1c1d21", "#ebe8e1"),
    "soft": ("#5d5f66", "#a3a6ae"),
    "rule": ("#dedad0", "#30343c"),
    "alarm": ("#9f1d1d", "#ff9d93"),
    "dateline": ("#0a6559", "#6fd6c3"),
    **{label: label.colours for label in Label},
}
"""Each colour in the light and dark theme. On `paper` and `card` all but `rule` have a contrast of at least 4.5."""

EMPHASISED = STORY | {Label.HEADLINE}

_UNSURE = 0.5  # lower scores are highlighted

_POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
_REASONS: dict[Reason, str] = {
    "listing": "The page is a list of stories: a home, section, tag or search page.",
    "empty": "The page has hardly any text.",
    "error page": "The page reports that it does not exist, or a server error.",
    "blocked": "The page is a log-in wall, a challenge or a refusal.",
}

Runs = list[tuple[Label, list[tuple[int, Labelled]]]]


def explain_page(
    page: bytes | str, *, url: str | None = None, content_type: str | None = None, site: "Site | None" = None
) -> str:
    """Return the explain page of a news page as one self-contained HTML document.

    For a page without an article it shows the reason instead of the record. The arguments are those of `extract`;
    raises `ScraperError` for input that is not a page.
    """
    return _render(read(page, url=url, content_type=content_type), site)


def explain_page_text(text: str, *, url: str | None = None) -> str:
    """Return the explain page of flattened text; raise `ScraperError` as `extract_text` does."""
    return _render(read_text(text, url=url))


def _render(document: Document, site: "Site | None" = None) -> str:
    labelled, result = outcome(document, site)
    runs = [(label, list(run)) for label, run in itertools.groupby(enumerate(labelled), lambda pair: pair[1].label)]
    article = result if isinstance(result, Article) else None
    title = article.headline if article else "No article"
    parts = (*_head(title, document, runs, result), *_legend(labelled), *_blocks(runs, article), *_record(result))
    return html_page(f"{title}: explained", parts)


def html_page(title: str, parts: Iterable[str]) -> str:
    """Return a self-contained HTML page in the style of the explain page; only the title is escaped."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(digest)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">\n',
            f"<title>{escaped(title)}</title>\n<style>{style}</style></head>\n<body>\n",
            *parts,
            "</body></html>\n",
        )
    )


def escaped(value: object) -> str:
    """Return a value as HTML text, without control characters."""
    return escape(printable(str(value)))


def spelled(label: str) -> str:
    """Return a label as words."""
    return label.replace("_", " ")


def _style() -> str:
    import importlib.resources  # noqa: PLC0415 - takes 10 ms and is rarely needed

    light, dark = ("".join(f"--{name}:{pair[index]};" for name, pair in PALETTE.items()) for index in (0, 1))
    rules = "\n".join(
        f'[data-label="{label}"]{{--own:var(--{label})}}'
        f'body:has(#show-{label}:not(:checked)) .run[data-label="{label}"]{{display:none}}'
        for label in Label
    )
    sheet = importlib.resources.files("scraper.explanation").joinpath("explanation.css").read_text("utf-8")
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}\n{sheet}"


# ---------------------------------------------------------------- the head


def _head(title: str, document: Document, runs: Runs, result: Article | NotAnArticle) -> Iterator[str]:
    yield f'<header><p class="kicker">How this page was read</p>\n<h1 dir="auto">{escaped(title)}</h1>\n'
    if document.url:
        yield f'<p class="address">{escaped(document.url)}</p>\n'
    facts = _facts(result) | {"Blocks": f"{len(document.blocks):,}"}
    yield '<dl class="facts">'
    yield "".join(f'<div class="{name.lower()}"><dt>{name}</dt><dd>{value}</dd></div>' for name, value in facts.items())
    yield "</dl>\n"
    yield from _strip(runs)
    yield '<nav><a href="#blocks">Blocks</a> <a href="#record">Record</a></nav></header>\n'


def _facts(result: Article | NotAnArticle) -> dict[str, str]:
    """Return the verdict and its key figures as HTML."""
    if isinstance(result, NotAnArticle):
        return {"Verdict": f"no article: {escaped(result.reason)}"}
    extraction, confidence = result.extraction, result.extraction.confidence
    warnings = "".join(f"<li>{escaped(spelled(warning))}</li>" for warning in extraction.warnings)
    return {
        "Verdict": "article",
        "Confidence": f'{confidence:.2f} <meter value="{confidence:.2f}" aria-hidden="true"></meter>',
        "Template": escaped(extraction.profile) if extraction.profile != "generic" else "none known",
        "Warnings": f"<ul>{warnings}</ul>" if warnings else "none",
    }


def _strip(runs: Runs) -> Iterator[str]:
    """Yield an overview of the page: a stripe for each run of blocks, as wide as its text is long."""
    lengths = [(label, sum(len(item.block.text) for _, item in run)) for label, run in runs if label != Label.HIDDEN]
    ends = list(itertools.accumulate(length for _, length in lengths))
    if not ends:
        return
    yield '<figure class="strip" aria-hidden="true">'
    yield f'<svg viewBox="0 0 {ends[-1]} 1" preserveAspectRatio="none">'
    for (label, length), end in zip(lengths, ends, strict=True):
        yield f'<rect data-label="{label}" x="{end - length}" width="{length}" height="1"/>'
    yield "</svg><figcaption>The page from top to bottom: each label in its colour, as wide as its text is long."
    yield "</figcaption></figure>\n"


# ---------------------------------------------------------------- the record


def _record(result: Article | NotAnArticle) -> Iterator[str]:
    yield '<section id="record" aria-labelledby="record-title"><h2 id="record-title">Record</h2>\n'
    if isinstance(result, NotAnArticle):
        yield f'<p class="refusal"><strong>No record: {escaped(result.reason)}.</strong> {_REASONS[result.reason]}</p>'
    else:
        record = result.to_dict()
        values = {key: record[key] for key in FIELDS}
        yield _value({key: value for key, value in values.items() if key == "headline" or _is_filled(value)})
        missing = ", ".join(spelled(key) for key, value in values.items() if not _is_filled(value))
        yield f'\n<p class="missing">Missing on the page: {missing}.</p>'
    yield "</section>\n"


def _is_filled(value: Any) -> bool:
    return any(map(_is_filled, value.values())) if isinstance(value, dict) else value not in (None, "", [])


def _value(value: Any) -> str:
    """Return a value of a record as HTML; a link is shown as its text and its URL, which cannot be followed."""
    if isinstance(value, dict) and value.keys() == {"text", "url"}:
        address = f' <span class="address">{escaped(value["url"])}</span>' if value["url"] else ""
        return f"<bdi>{escaped(value['text'])}</bdi>{address}"
    if isinstance(value, dict):
        pairs = (
            f'<dt>{escaped(spelled(key))}</dt><dd class="{escaped(key)}">'
            f"{_folded(part) if key == 'sidebar' else _value(part)}</dd>"
            for key, part in value.items()
        )
        return f"<dl>{''.join(pairs)}</dl>"
    if isinstance(value, list):
        return "<ol>" + "".join(f'<li dir="auto">{_value(item)}</li>' for item in value) + "</ol>" if value else "none"
    return "none" if value is None else f"<bdi>{escaped(value)}</bdi>"


def _folded(lists: dict[str, list[Any]]) -> str:
    """Return the lists beside the story as a collapsed element: the blocks show them, too."""
    counts = ", ".join(f"{spelled(key)} {len(links)}" for key, links in lists.items() if links)
    return f"<details><summary>{escaped(counts)}</summary>{_value(lists)}</details>"


# ---------------------------------------------------------------- the blocks


def _legend(labelled: Iterable[Labelled]) -> Iterator[str]:
    """Yield a checkbox for each label of the page; hidden blocks are switched off initially."""
    counts = Counter(item.label for item in labelled)
    yield '<main><fieldset class="legend"><legend>Labels</legend>\n'
    for label in filter(counts.__contains__, Label):
        checked = "" if label is Label.HIDDEN else " checked"
        yield f'<label data-label="{label}"><input type="checkbox" id="show-{label}"{checked}> '
        yield f"{spelled(label)} <b>{counts[label]:,}</b></label>\n"
    yield "</fieldset>\n"


def _blocks(runs: Runs, article: Article | None) -> Iterator[str]:
    language = f' lang="{escaped(article.language)}"' if article and article.language else ""
    yield '<section id="blocks" aria-labelledby="blocks-title"><h2 id="blocks-title">Blocks</h2>\n'
    yield "<p>The score of its label, 1 at most, is beside each block."
    yield " Hover over the block, tap it, or focus it with Tab to read the reason.</p>\n"
    opening = article.dateline.raw if article and article.dateline else ""
    for label, run in runs:
        kind = "run story" if label in EMPHASISED else "run"
        yield f'<section class="{kind}" data-label="{label}"><h3>{spelled(label)}</h3>'
        yield f'<ol start="{run[0][0] + 1}">\n'
        for number, item in run:
            dateline = (
                opening if label in EMPHASISED and opening and item.block.text.startswith(opening.strip()) else ""
            )
            yield from _block(number, item, dateline.strip(), language)
            opening = "" if dateline else opening
        yield "</ol></section>\n"
    yield "</section></main>\n"


def _block(number: int, item: Labelled, dateline: str, language: str) -> Sequence[str]:
    text = escaped(item.block.text.removeprefix(dateline))
    mark, note = (f"<mark>{escaped(dateline)}</mark>", "; it opens with the dateline") if dateline else ("", "")
    score = ("score unsure", f"unsure {item.score:.2f}") if item.score < _UNSURE else ("score", f"{item.score:.2f}")
    return (
        f'<li><p tabindex="0" dir="auto" aria-describedby="why-{number}"{language}>{mark}{text}</p>',
        f'<small class="{score[0]}" aria-hidden="true">{score[1]}</small>',
        f'<small class="why" id="why-{number}" role="tooltip"><b>{spelled(item.label)}</b> score {item.score:.2f}, ',
        f"{escaped(item.reason)}{note}</small></li>\n",
    )
