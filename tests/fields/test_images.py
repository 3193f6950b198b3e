"""Which images are a story's, with their captions and credits."""

import time

import pytest

from scraper import Image
from scraper.block import Block, Document, Element, Labelled, Picture
from scraper.fields.credits import name, split
from scraper.fields.images import of_story
from scraper.label import Label
from scraper.segment.html import segment_html

URL = "https://portal.test/html/1.html"
HOST = "https://portal.test"
LABELS = {
    "Headline": Label.HEADLINE,
    "Text": Label.BODY,
    "Cap": Label.CAPTION,
    "By": Label.BYLINE,
    "More": Label.RELATED,
}


def images(html: str, lead: str | None = None, url: str | None = URL) -> list[Image]:
    """Return the images of a page whose blocks are labelled by their first word."""
    document = segment_html(html, url)
    labelled = [Labelled(block, LABELS.get(block.text.split()[0], Label.OTHER), 1, "") for block in document.blocks]
    return list(of_story(document, labelled, lead))


def story(amid: str, behind: str = "") -> str:
    return f"<main><h1>Headline</h1><div><p>Text 1.</p>{amid}<p>Text 2.</p></div>{behind}</main>"


@pytest.mark.parametrize(
    ("attributes", "url"),
    [
        ('src="/a.jpg"', "/a.jpg"),
        ('src="a.jpg"', "/html/a.jpg"),
        ('src="//cdn.test/a.jpg"', None),
        ('src="/blank.gif" data-src="/a.jpg"', "/a.jpg"),
        ('src="data:image/gif;base64,AA" data-lazy-src="/a.jpg"', "/a.jpg"),
        ('src="/s.jpg" srcset="/a.jpg 2x, /b.jpg 1x"', "/a.jpg"),
        ('srcset="/c,w_6/b.jpg 600w,/c,w_9/a.jpg 900w"', "/c,w_9/a.jpg"),
        ('src="/img_${size}.jpg" data-src="/{{x}}.jpg" srcset="/a.jpg"', "/a.jpg"),
    ],
)
def test_the_address_is_that_of_the_image_not_of_its_stand_in(attributes: str, url: str | None) -> None:
    expected = HOST + url if url else "https://cdn.test/a.jpg"
    assert images(story(f"<p><img {attributes}></p>")) == [Image(expected)]


def test_a_picture_names_its_sources_beside_its_image() -> None:
    html = '<picture><source srcset="/a.webp 1x"><img src="data:,"></picture>'
    assert images(story(html)) == [Image(f"{HOST}/a.webp")]


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/png;base64,AAAA">',
        '<img src="javascript:x"><img src="blob:https://a.test/1"><img><img src=" ">',
        '<img src="/a.jpg" width="1" height="1">',
        '<img src="/a.jpg" width="48px">',
        '<img src="/a.jpg" style="display: none">',
        '<img src="/icons/facebook.png">',
        '<img src="/img/site-logo.png">',
        '<img src="/logo_2.png">',
        '<img src="/chart.svg">',
        '<img src="/spacer.gif">',
        '<img class="avatar" src="/a.jpg">',
        '<img class="wp-smiley" src="/a.png">',
        '<img src="https://secure.gravatar.com/avatar/0a">',
        '<a href="https://shop.example/offer"><img src="/a.jpg"></a>',
        '<div><img src="/a.jpg"><p>By Ada Lund</p></div>',
        '<div><a href="/2.html"><span><img src="/a.jpg"></span></a><a href="/2.html">More: old lamp</a></div>',
        f'<img src="/{"a" * 3000}.jpg">',
    ],
)  # fmt: skip
def test_other_images_are_left_out(html: str) -> None:
    assert images(story(html)) == []


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<figure><img src="/logo.png"><figcaption>Cap of the new logo.</figcaption></figure>', Image(f"{HOST}/logo.png", "Cap of the new logo.")),
        ('<img src="/a.jpg" width="100%"><p>Cap 1. Foto: Lou Pratt</p>', Image(f"{HOST}/a.jpg", "Cap 1.", "Lou Pratt")),
        ('<figure><figcaption>Cap above</figcaption><img src="/a.jpg"></figure>', Image(f"{HOST}/a.jpg", "Cap above")),
        ('<figure><img src="/a.jpg"><div><p>Cap 1</p><p class="photo-credit">Cap Pool</p></div></figure>', Image(f"{HOST}/a.jpg", "Cap 1", "Cap Pool")),
        ('<figure><img src="/a.jpg"><figcaption>Unlabelled <i class="credit">(Photo: Lou)</i></figcaption></figure>', Image(f"{HOST}/a.jpg", "Unlabelled", "Lou")),
        ('<a href="https://cdn.test/large.JPG"><img src="/a.jpg"></a>', Image(f"{HOST}/a.jpg")),
        ('<a href="https://photos.portal.test/2"><img src="/a.jpg"></a>', Image(f"{HOST}/a.jpg")),
        ('<noscript><img src="/a.jpg"></noscript>', Image(f"{HOST}/a.jpg")),
        ('<table><tr><td><img src="/a.jpg"></td></tr><tr><td>Cap 1</td></tr></table>', Image(f"{HOST}/a.jpg", "Cap 1")),
        ('<table><tr><td>Text</td><td>Text</td></tr></table><img src="/a.jpg"><p>Cap 1</p>', Image(f"{HOST}/a.jpg", "Cap 1")),
    ],
)  # fmt: skip
def test_images_of_the_story_are_kept(html: str, expected: Image) -> None:
    assert images(story(html)) == [expected]


def test_images_outside_the_story_are_left_out() -> None:
    card = '<img src="/b.jpg"><h3>More: lamp</h3>'
    assert images(f'<header><img src="/top.jpg"></header>{story("", f"<aside>{card}</aside>")}') == []
    assert images(f"<p>More</p>{card}") == []
    ended = '<main><h1>Headline</h1><div><p>Text 1</p><img src="/last.jpg"></div><p>More</p><img src="/b.jpg"></main>'
    assert images(ended) == [Image(f"{HOST}/last.jpg")]


def test_each_image_of_a_row_has_the_caption_that_follows_it() -> None:
    html = '<img src="/1.jpg"><img src="/2.jpg"><p>Cap 2</p><img src="/3.jpg"><p>Cap 3</p>'
    assert images(story(f"<div>{html}</div>")) == [
        Image(f"{HOST}/1.jpg"), Image(f"{HOST}/2.jpg", "Cap 2"), Image(f"{HOST}/3.jpg", "Cap 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lead", "shown"),
    [
        ("/d/hall.jpg", "/d/hall.jpg?w=600"),
        ("/d/hall-1200x630.jpg", "/d/hall.jpg"),
        ("/d/w_1200/hall.jpg", "/d/w_600/hall.jpg"),
        ("/large/20250412-hall.jpg", "/small/20250412-hall.jpg"),
        ("/image/539fcc98", "/image/539fcc98=w700"),
    ],
)
def test_the_lead_image_is_first_and_there_once(lead: str, shown: str) -> None:
    page = story(f'<img src="/other.jpg"><figure><img src="{shown}"><p>Cap 1</p></figure>')
    assert images(page, HOST + lead) == [Image(HOST + lead, "Cap 1"), Image(f"{HOST}/other.jpg")]


def test_a_lead_image_is_kept_where_the_page_shows_none_but_no_logo() -> None:
    assert images(story(""), f"{HOST}/lead.jpg") == [Image(f"{HOST}/lead.jpg")]
    assert images(story(""), f"{HOST}/img/site-logo.png") == []
    assert of_story(Document(()), (), "/a.jpg") == (Image("/a.jpg"),)


def test_images_with_different_urls_are_two() -> None:
    assert (
        len(images(story('<img src="/image?id=1"><img src="/image?id=2"><img src="/1/a.jpg"><img src="/2/a.jpg">')))
        == 4
    )


@pytest.mark.parametrize(
    ("text", "caption", "credit"),
    [
        ("Joan opens a hive. (Photo: Lou Pratt)", "Joan opens a hive.", "Lou Pratt"),
        ("Joan opens a hive (AP Photo/Lou Pratt)", "Joan opens a hive", "AP Photo/Lou Pratt"),
        ("A ferry at dusk [Lou Pratt via Reuters]", "A ferry at dusk", "Lou Pratt via Reuters"),
        ("A ferry. AP", "A ferry.", "AP"),
        ("A ferry at dusk AP Photo/Lou Pratt, File", "A ferry at dusk", "AP Photo/Lou Pratt, File"),
        ("A ferry.Unsplash/Lou Pratt", "A ferry.", "Unsplash/Lou Pratt"),
        ("A ferry. Photo by Lou Pratt", "A ferry.", "Lou Pratt"),
        ("Die Fähre. Foto: Jens Albers", "Die Fähre.", "Jens Albers"),
        ("Le bac. Crédit photo : Anne Roy", "Le bac.", "Anne Roy"),
        ("Паром Фото: Пётр Ильин", "Паром", "Пётр Ильин"),
        ("Vapur Fotoğraf : Ada Kaya/AA", "Vapur", "Ada Kaya/AA"),
        ("渡轮。图：李明", "渡轮。", "李明"),
        ("A ferry © Lou Pratt", "A ferry", "Lou Pratt"),
        ("Getty Images", "", "Getty Images"),
        ("A ferry at dusk", "A ferry at dusk", None),
        ("Jon Vik (pictured, left)", "Jon Vik (pictured, left)", None),
        ("He was a reporter for AFP", "He was a reporter for AFP", None),
        ("Crews on and/or off duty", "Crews on and/or off duty", None),
        (f"The picture: {'it rained and ' * 20}", f"The picture: {'it rained and ' * 20}", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_a_credit_is_split_from_its_caption(text: str, caption: str, credit: str | None) -> None:
    assert split(text) == (caption, credit)


@pytest.mark.parametrize(
    ("text", "named"), [("(Photo: Lou)", "Lou"), ("© Lou / AP", "Lou / AP"), ("Lou", "Lou"), (" () ", None)]
)
def test_a_credit_names_its_owner(text: str, named: str | None) -> None:
    assert name(text) == named


def test_their_number_and_time_are_bounded() -> None:
    page = story("".join(f'<div><img src="/{n}.jpg"></div>' for n in range(5000)))
    started = time.process_time()
    document = segment_html(page, URL)
    assert len(document.pictures) == 1000
    assert len(images(page)) == 100
    many = Document(
        tuple(Block("Text", "p", 3999) for _ in range(20_000)), tuple(Element("div", " ", n - 1) for n in range(4000)),
        pictures=tuple(Picture(f"/{n}.jpg", n, 3999) for n in range(1000)),
    )  # fmt: skip
    of_story(many, [Labelled(block, Label.BODY, 1, "") for block in many.blocks], None)
    assert time.process_time() - started < 5
