"""Labels corrected where the page is sure, whatever the labeller said."""

import pytest
from growth import grows_linearly

from scraper.block import Document, Labelled, Reading
from scraper.corrections import correct
from scraper.label import Label
from scraper.pipeline import read

URL = "https://post.test/news/pier"
STORY = [
    "The pier of Lund will stay closed until the spring, as the divers found two of its piles hollow on Monday.",
    "The council had set money aside for paint, but none for timber, the head of the works committee explained.",
    "Anglers will have to use the mole on the far side of the river, where the wind is worse but the fish are better.",
    "The café at the end of the pier moves to the old customs house, which has stood empty since the war ended.",
    "A firm from the next town has offered to lend a barge, so that the concert of the brass band can take place.",
    "Tickets for it are sold at the library, and the takings go to the repair of the piles, the band has promised.",
]
OTHER = [
    "A swan that lost its way was carried home on the night bus by a driver who knew where its pond must be.",
    "The bird paid no fare and left at the park, two stops early, which the company has since forgiven it for.",
    "It has been seen near the bus stop each evening, and the driver says that it looks at the timetable.",
]
HEAD = "<h2>Swan takes the night bus home</h2>"


def _paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def _labelled(document: Document, odd: str = "") -> Reading:
    """Label headings, paragraphs and rows as story, dates and writers as such, and `odd` as something else."""

    def label(text: str, tag: str, first: bool) -> Label:
        if first:
            return Label.HEADLINE
        if odd and odd in text:
            return Label.OTHER
        return Label.BYLINE if text.startswith(("By ", "Von ")) else Label.DATE if "2025" in text else Label.BODY

    blocks = document.blocks
    start = next(index for index, block in enumerate(blocks) if block.tag == "h1")
    return Reading(
        tuple(Labelled(block, label(block.text, block.tag, i == start), 0.9, "") for i, block in enumerate(blocks))
    )


def _corrected(body: str, odd: str = "", head: str = "<h1>Pier closed until the spring</h1>") -> list[str]:
    document = read(f"<title>Pier closed until the spring</title><main>{head}{body}</main>", url=URL)
    return [
        item.block.text for item in correct(document, _labelled(document, odd)).labelled if item.label is Label.BODY
    ]


@pytest.mark.parametrize(
    "following",
    [
        "<article><h1>Swan takes the night bus home</h1><p>2 May 2025</p>{}</article>",
        "<hr><h1>Swan takes the night bus home</h1><p>By Ann Lee</p><p>2 May 2025</p>{}",
        f"</article><article>{HEAD}<p>By Ann Lee</p><p>2 May 2025</p>{{}}</article>",
        f"</article><div><div>{HEAD}<div>Von Uwe Roth <time datetime=2025-05-02>gestern</time></div></div>{{}}</div>",
    ],
)
def test_the_next_story_below_is_left_out(following: str) -> None:
    page = f"<article><h1>Pier closed until the spring</h1>{_paragraphs(STORY)}{following.format(_paragraphs(OTHER))}"
    assert _corrected(page, head="") == STORY


@pytest.mark.parametrize(
    "part",
    [
        HEAD,
        f"{HEAD}<p>2 May 2025</p>",
        "<h1>Swan takes the night bus home</h1>",
        f"<section>{HEAD}<p>2 May 2025</p></section>",
        f"<h1>Part 2</h1><p>2 May 2025</p>{_paragraphs(OTHER)}",
    ],
    ids=["heading", "dated", "same rank", "section", "short"],
)
def test_a_part_of_the_story_is_no_next_story(part: str) -> None:
    assert _corrected(_paragraphs(STORY[:4]) + part + _paragraphs(STORY[4:]))[-1] == STORY[-1]


def test_entries_of_a_live_report_are_no_next_stories() -> None:
    entries = "".join(f"<h1>Entry number {n} of the day</h1><p>2 May 2025</p>{_paragraphs(OTHER)}{n}" for n in range(6))
    assert OTHER[0] in _corrected(_paragraphs(STORY) + entries)


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("<a href=/swan>Swan takes the night bus home again</a>", False),
        ("<b>More: <a href=/swan>Swan takes the night bus home</a></b>", False),
        ("→ <a href=https://post.test/swan>Swan takes the night bus home</a>", False),
        ("Xem thêm: <a href=/swan>Thiên nga đi xe buýt đêm về nhà</a>", False),
        ("[관련기사] <a href=/swan>백조가 밤 버스를 타고 집에 간다고 한다</a>", False),
        ("<a href=/swan>天鹅乘坐夜班公交车回到公园的池塘</a>", False),
        ("<a href=/swan>It was a swan that took the night bus home.</a>", True),
        ("<a href=https://other.test/>Report of the divers on the piles</a>", True),
        ("<a href=/report>The report</a>", True),
        ("The swan was seen on the bus, <a href=/swan>as we reported on Monday</a>", True),
    ],
)
def test_a_line_that_is_a_link_to_another_story_is_left_out(line: str, stays: bool) -> None:
    body = _corrected(_paragraphs(STORY[:3]) + f"<p>{line}</p>" + _paragraphs(STORY[3:]))
    assert len(body) == len(STORY) + stays


def test_links_that_make_up_a_story_stay() -> None:
    line = "<p><a href=/{}>Story number {} of the best of the year</a></p>"
    body = "".join(f"<p>{text}</p>{line.format(n, n)}" for n, text in enumerate(STORY))
    assert len(_corrected(body)) == 2 * len(STORY)


@pytest.mark.parametrize(
    "text",
    [
        "If you like what we write, please consider making a donation, so that we can go on writing it for everybody.",
        "Sign up for our weekly newsletter and read on Sunday what others will tell you on Monday.",
        "Gefällt Ihnen dieser Text? Dann unterstützen Sie uns mit einem kleinen Beitrag, den Sie selbst bestimmen.",
        "Soutenez une presse libre : un don de quelques euros suffit pour que ce journal paraisse demain.",
        "Suscríbete a nuestro boletín y recibe cada mañana lo que ha pasado mientras dormías.",
        "Iscriviti alla nostra newsletter per sapere ogni mattina che cosa è successo in città.",
    ],
)
def test_an_appeal_is_left_out_wherever_it_is(text: str) -> None:
    for place in (2, len(STORY)):
        assert _corrected(_paragraphs([*STORY[:place], text, *STORY[place:]])) == STORY
    assert text in _corrected(_paragraphs([text, *STORY]))  # what the story opens with is its own
    assert f"“{text}”" in _corrected(_paragraphs([*STORY, f"“{text}”"]))


@pytest.mark.parametrize(
    "text",
    [
        "This is not intended as investment advice.",
        "The views expressed here are those of the author alone.",
        "Der Beitrag gibt nicht unbedingt die Meinung der Redaktion wieder.",
        "Les propos publiés n'engagent que leur auteur.",
        "Las opiniones aquí publicadas no reflejan necesariamente la postura del diario.",
        "免责声明：以上内容仅供参考。",
        "本文系转载，如有侵权请与我们联系，我们将及时删除。",
    ],
)
def test_a_legal_notice_is_left_out_at_the_end(text: str) -> None:
    assert _corrected(_paragraphs([*STORY, text])) == STORY
    assert text in _corrected(_paragraphs([*STORY[:2], text, *STORY[2:]]))


COMMENTS = "".join(f"<div><b>Ann {n}</b> 3 h<p>{text}</p><p>{{reply}}</p></div>" for n, text in enumerate(OTHER))


@pytest.mark.parametrize("reply", ["Reply", "Antworten | Melden", "<a href=#r>Répondre</a>", "回复", "Responder (2)"])
def test_texts_that_may_be_replied_to_are_comments(reply: str) -> None:
    body = _corrected(_paragraphs(STORY) + COMMENTS.format(reply=reply))
    assert not set(OTHER) & set(body)
    assert set(STORY) <= set(body)


def test_what_may_be_replied_to_once_or_makes_up_a_forum_is_no_comment() -> None:
    once = f"{_paragraphs(STORY)}<p>{OTHER[0]}</p><p>Reply</p>"
    assert OTHER[0] in _corrected(once)
    forum = _paragraphs(STORY[:1]) + COMMENTS.format(reply="Reply") * 3
    assert OTHER[0] in _corrected(forum)
    assert OTHER[0] not in _corrected(f"<meta property=og:type content=article>{forum}")


@pytest.mark.parametrize(
    "requested",
    [
        ["We and our partners use cookies to show you adverts that you like.", "Accept"],
        ["Wir und unsere Partner verarbeiten personenbezogene Daten auf diesem Gerät.", "Zustimmen"],
        ["Avec votre consentement, nos partenaires utilisent des cookies.", "Tout accepter"],
    ],
)
def test_what_asks_for_consent_above_the_headline_is_left_out(requested: list[str]) -> None:
    assert (
        _corrected(_paragraphs(STORY), head=f"{_paragraphs(requested)}<h1>Pier closed until the spring</h1>") == STORY
    )
    assert _corrected(_paragraphs([*STORY, *requested])) == [*STORY, *requested]


def test_a_dateline_in_an_element_of_its_own_is_of_the_story() -> None:
    line = "OSLO, Norway (AP) —"
    assert _corrected(f"<div>{line}</div>{_paragraphs(STORY)}", odd=line) == [line, *STORY]
    assert _corrected(f"<div>Ann Lee —</div>{_paragraphs(STORY)}", odd="Ann Lee") == STORY


@pytest.mark.parametrize(
    ("rows", "number"),
    [
        ([["Piles", "Hollow"], ["Forty", "2"]], 2),
        ([["Mo", "Tu", "We"], ["1", "2", "3"]], 0),
        ([["Piles", "<a href=/x>See all of the piles</a>"], ["Forty", "2"]], 1),
    ],
    ids=["table", "calendar", "links"],
)
def test_a_table_amid_the_story_is_of_the_story(rows: list[list[str]], number: int) -> None:
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    body = f"{_paragraphs(STORY[:3])}<figure><table>{table}</table></figure>{_paragraphs(STORY[3:])}"
    assert len(_corrected(body, odd=" | ")) == len(STORY) + number


@pytest.mark.parametrize(
    ("added", "stays"), [("", True), ("<p>Subscribe to continue reading.</p>", False)], ids=["text", "offer"]
)
def test_paid_text_that_the_page_holds_is_of_the_story(added: str, stays: bool) -> None:
    body = f"{_paragraphs(STORY)}<div class='paywall x'>{added}{_paragraphs(OTHER)}</div>"
    document = read(f"<main><h1>Pier closed</h1>{body}</main>", url=URL)
    reading = _labelled(document)
    labelled = [
        Labelled(item.block, Label.PROMO, 0.9, "") if item.block.text in OTHER else item for item in reading.labelled
    ]
    results = {
        item.block.text for item in correct(document, Reading(tuple(labelled))).labelled if item.label is Label.BODY
    }
    assert (set(OTHER) <= results) is stays


def test_an_address_that_is_invalid_is_no_error() -> None:
    page = (
        f"<h1>Pier closed</h1><p>{STORY[0]}</p><p><a href='http://[x'>Swan takes the night bus home</a></p>{STORY[1]}"
    )
    document = read(page, url="http://[x")
    assert len(correct(document, _labelled(document)).labelled) == len(document.blocks)


def test_flattened_text_and_an_empty_page_stay_as_they_are() -> None:
    for document in (Document(()), Document(read("<p>x</p>").blocks)):
        reading = Reading(tuple(Labelled(block, Label.BODY, 1.0, "") for block in document.blocks))
        assert correct(document, reading) is reading


@pytest.mark.parametrize("part", [_paragraphs(STORY), HEAD + "<p>2 May 2025</p><p>x", "<p><a href=/s>Swan takes the bus</a></p>", "<table><tr><td>Piles<td>Forty</table>", "<div class=paywall>"])  # fmt: skip
def test_the_time_grows_with_the_page(part: str) -> None:
    def run(value: tuple[Document, Reading]) -> object:
        return correct(*value)

    def page(size: int) -> tuple[Document, Reading]:
        document = read(f"<h1>Pier closed</h1>{_paragraphs(STORY)}{part * (size // 400)}{_paragraphs(STORY)}", url=URL)
        return document, _labelled(document)

    assert grows_linearly(run, page)
