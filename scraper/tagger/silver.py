"""Labels that no gold has, by rule: lists by their heading, captions and bylines by tag and class.

They teach the model kinds of blocks on the pages where the rule sees them; the model then knows them by all its features,
where no rule would. A rule here never decides at run time.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block, Document, Label
from scraper.tagger.model import KINDS

__all__ = ["kinds", "kinds_of_lines"]

_HEADINGS = (
    (
        Label.RANKING,
        r"most (?:read|popular|viewed|shared|watched|commented|discussed)|popular|trending|top \d* ?(?:stories|posts|news)"
        r"|(?:today's )?top (?:stories|reads)|ranking|bestseller|meist ?gelesen\w*|meistgelesen\w*|beliebt\w*|am h.ufigsten gelesen"
        r"|les plus lus|les \+ lus|lo m[aá]s (?:le[ií]do|visto)|m[aá]s (?:le[ií]das?|vistas?)|mais lidas?|i pi[uù] letti"
        r"|pi[uù] lett[ie]|meest gelezen|mest l[aæä]st\w*|terpopuler|en [cç]ok okunan\w*|popularne|najczęściej czytane"
        r"|популярн\w+|самое читаемое|人気\w*|アクセスランキング|热门\w*|热点\w*|많이 본\w*|الأكثر قراءة",
    ),
    (
        Label.RECOMMENDATION,
        r"recommend\w*|suggested|editor'?s'? (?:picks?|choice)|(?:our )?picks? (?:for|of)|you (?:may|might|will|'ll)(?: also)? (?:like|love|enjoy)"
        r"|you may be interested|don'?t miss|must reads?|featured|handpicked|empfe?hl\w*|empfohlen\w*|das k.nnte\b.*|tipps? der redaktion"
        r"|.*interessieren|vous aimerez|recommand\w*|notre s[ée]lection|recomenda\w+|te puede interesar|le puede interesar|no te pierdas"
        r"|consigliat\w+|da non perdere|potrebbe(?:ro)? interessarti|aanbevolen|rekomend\w+|polecan\w+|рекоменд\w+|おすすめ\w*|推荐\w*|추천\w*",
    ),
    (
        Label.LATEST,
        r"latest|recent|newest|(?:the )?latest (?:news|stories|posts|articles)|recent (?:posts?|articles?|news|stories)|more news|just in|breaking news"
        r"|(?:aktuelle|neueste|neuste|letzte) \w+|aktuell\w*|neu(?:este)?s?|derni[eè]res? \w+|[àa] la une|[uú]ltim[ao]s? \w+|ultime \w+"
        r"|laatste \w+|siste \w+|senaste \w+|terkini|berita terbaru|son dakika|najnowsze|последние \w+|新着\w*|最新\w*|최신\w*|latest",
    ),
    (
        Label.RELATED,
        r"relate[ds]?|related \w+|read (?:more|also|next|on)|also read|see also|more (?:from|on|about|stories|in|like|articles|to read|reading)"
        r"|similar \w+|up next|next up|keep reading|further reading|you might have missed|other (?:stories|articles|posts)|in this (?:series|section)"
        r"|mehr (?:zum|zu|aus|von|artikel|lesen|themen)|mehr|weitere? \w+|zum thema|lesen sie auch|lesen sie mehr|passend zum|verwandte \w+|siehe auch"
        r"|.*auch interessant|lire aussi|[àa] lire (?:aussi|[ée]galement)|voir aussi|sur le m[êe]me (?:sujet|th[èe]me)|articles? li[ée]s|plus d'articles"
        r"|relacionad\w+|noticias relacionadas|m[aá]s (?:sobre|en|de|noticias|informaci[oó]n)|ver tambi[eé]n|leia (?:mais|tamb[eé]m)|veja (?:mais|tamb[eé]m)"
        r"|saiba mais|leggi anche|correlat\w+|articoli correlati|potrebbe anche|lees (?:ook|meer|verder)|meer (?:over|van|nieuws)|les (?:også|mer)"
        r"|l[äa]s (?:mer|också|även)|læs også|baca juga|berita terkait|ilgili haberler|zobacz (?:też|także|również)|czytaj (?:też|także|więcej)|powiązane"
        r"|читайте также|по теме|схожі|関連\w*|あわせて読みたい|相关\w*|관련\w*|اقرأ أيضا\w*|إقرأ أيضا\w*|مواضيع ذات صلة|liên quan",
    ),
)
_OPENERS = tuple((label, re.compile(rf"(?:{pattern})\b", re.IGNORECASE)) for label, pattern in _HEADINGS)
_CLASSES = (
    (Label.BREADCRUMB, r"breadcrumbs?|crumbs?"),
    (Label.CAPTION, r"\w*caption\w*|credits?|copyright|photographer|bildunterschrift|<figcaption>"),
    (Label.COMMENT, r"\w*comments?|commentlist|respond|disqus\w*|kommentare?|<comment>"),
    (Label.BYLINE, r"\w*byline\w*|\w*authors?|autor\w*|writer"),
    (Label.TAGS, r"tags?|taglist|tagcloud|topics?|keywords?|schlagw\w+"),
    (Label.PROMO, r"newsletters?|subscri\w+|promo\w*|advert\w*|ads?|sponsor\w*|paywall\w*|donat\w+|signup|cookies?|consent|gdpr|cta|banner"),
    (Label.FOOTER, r"\w*footer\w*|<footer>|colophon|impressum"),
    (Label.NAVIGATION, r"nav|navbar|navigation|\w*menu\w*|<nav>|<header>|<menu>|header|share\w*|social\w*|pagination|pager|skip|masthead|toolbar"),
)  # fmt: skip
_BY_CLASS = tuple((label, re.compile(rf" (?:{pattern}) ")) for label, pattern in _CLASSES)
_STANDFIRST = re.compile(
    r" (?:standfirst|\w*dek|lead|lede|\w*intro\w*|subtitle|sub|subhead\w*|subline|summary|excerpt|teaser|chapo|vorspann|abstract|deck|description|kicker|ingress|sommario|bajada) "
)
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d+ (?:hours?|days?|min\w*|weeks?|months?) ago\b")
_BY = re.compile(
    r"(?:by|von|par|por|di|door|av|af|oleh|autor|author|text|story|written by|reporting by)\b[ :]", re.IGNORECASE
)
_FOOT = re.compile(r"©|\(c\) ?20|copyright\b|all rights reserved|alle rechte", re.IGNORECASE)
_SPLIT = re.compile(r"[^a-z0-9<>]+")
_LISTS = (Label.RANKING, Label.RECOMMENDATION, Label.LATEST, Label.RELATED)


def kinds(document: Document, target: NDArray[np.float32], gold: dict[str, Any]) -> NDArray[np.int64]:
    """Give each block the index of its kind in `KINDS`."""
    blocks = document.blocks
    above = [" "]
    for element in document.elements:
        words = " ".join(_SPLIT.split(f"<{element.tag}> {element.names}"))
        above.append(f"{above[element.parent + 1]} {words} ")
    contexts = [above[block.element + 1] + block.inline for block in blocks]
    found = [_kind(block, context, gold) for block, context in zip(blocks, contexts, strict=True)]
    _read_lists(document, found, target)
    _read_headline(blocks, found, target, gold.get("headline") or "")
    _read_body(document, found, target, contexts)
    return np.array([KINDS.index(label) for label in found])


def kinds_of_lines(lines: Document, page: Document, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Carry a page's labels to its flattened lines, by their text; what is found nowhere is `other`."""
    known = dict(zip([block.text for block in page.blocks], labels.tolist(), strict=True))
    other = KINDS.index(Label.OTHER)
    return np.array([known.get(block.text, other) for block in lines.blocks])


def _kind(block: Block, context: str, gold: dict[str, Any]) -> Label:
    text = block.text
    if block.hidden:
        return Label.HIDDEN
    short = len(text) < 100
    if short and (_BY.match(text) or any(author in text for author in gold.get("authors") or ())):
        return Label.BYLINE
    if len(text) < 60 and (block.datetime or _DATE.search(text)) and " <a> " not in context:
        return Label.DATE
    for label, pattern in _BY_CLASS:
        if pattern.search(context) and (short or label is not Label.BYLINE):
            return label
    return Label.FOOTER if _FOOT.search(text) else Label.OTHER


def opener(text: str) -> Label | None:
    """Give the kind of list that a heading opens."""
    if len(text) > 60:
        return None
    return next((label for label, pattern in _OPENERS if pattern.match(text.strip(" :>»•-|"))), None)


def _read_lists(document: Document, found: list[Label], target: NDArray[np.float32]) -> None:
    """A run of links of a headline's length is a list of stories, of the kind its heading says."""
    kind: Label | None = None
    since = 0
    for index, block in enumerate(document.blocks):
        opens = opener(block.text) if target[index] < 0.5 and block.link_chars < 40 else None
        if opens:
            kind, since, found[index] = opens, 0, Label.LIST_HEADING
        elif target[index] >= 0.5 or since > 3 or (block.tag in ("h2", "h3", "h4") and not block.links):
            kind = None
        elif found[index] in (Label.OTHER, Label.HIDDEN, Label.DATE, Label.BYLINE, Label.PROMO):
            linked = block.link_chars > 0.7 * len(block.text)
            if linked and len(block.text) >= 25:
                since, found[index] = 0, kind or Label.RELATED
            else:
                since += kind is not None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _read_headline(blocks: Sequence[Block], found: list[Label], target: NDArray[np.float32], headline: str) -> None:
    wanted = _plain(headline)
    same = [i for i, block in enumerate(blocks) if _plain(block.text) == wanted] if wanted else []
    if same:
        best = next((i for i in same if blocks[i].tag == "h1"), same[0])
        found[best] = Label.HEADLINE


def _read_body(document: Document, found: list[Label], target: NDArray[np.float32], contexts: list[str]) -> None:
    described = document.head.meta.get("og:description") or document.head.meta.get("description") or "\0"
    begun = False
    for index, block in enumerate(document.blocks):
        if target[index] < 0.5:
            continue
        named = any(_STANDFIRST.search(f" {words} ") for words in [contexts[index][-80:]])
        if not begun and (named or block.text in described) and 40 <= len(block.text) <= 500:
            found[index] = Label.STANDFIRST
            continue
        if found[index] is Label.HEADLINE:
            continue
        begun = begun or len(block.text) > 100
        found[index] = Label.SUBHEADING if block.tag in _HEADING_TAGS else Label.BODY


_HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5", "h6")
