"""Dates: tables of what pages write, and what holds for any text."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper import vocabulary
from scraper.fields import dates


def at(text: str, hours: float | None = None) -> datetime:
    """Return the naive time, or the one of a zone so many hours east."""
    moment = datetime.fromisoformat(text)
    if hours is None:
        return moment
    return moment.replace(tzinfo=timezone(timedelta(hours=hours)) if hours else UTC)


READ = [
    # ISO 8601 and its kin
    ("2025-04-12 10:31:20", at("2025-04-12 10:31:20")),
    ("2025-04-12", at("2025-04-12")),
    ("2025-04-12T10:31", at("2025-04-12 10:31")),
    ("2025-04-12T10:31:20Z", at("2025-04-12 10:31:20", 0)),
    ("2025-04-12T10:31:20+00:00", at("2025-04-12 10:31:20", 0)),
    ("2025-04-12T10:31:20+02:00", at("2025-04-12 10:31:20", 2)),
    ("2025-04-12T10:31:20+0530", at("2025-04-12 10:31:20", 5.5)),
    ("2025-04-12T10:31:20.123-04:00", at("2025-04-12 10:31:20.123", -4)),
    ("2025-04-12 10:31:20 +0200", at("2025-04-12 10:31:20", 2)),
    ("2025-04-12T10:31:20+02:00[Europe/Berlin]", at("2025-04-12 10:31:20", 2)),
    ("2025-04-12T10:31:20-04:00 (updated)", at("2025-04-12 10:31:20", -4)),
    ("20250412", at("2025-04-12")),
    ("20250412103120", at("2025-04-12 10:31:20")),
    ("2025/4/9", at("2025-04-09")),
    ("2025.04.12", at("2025-04-12")),
    # with a label
    ("Date:2025-04-12 10:31:20", at("2025-04-12 10:31:20")),
    ("Published 2025-04-12", at("2025-04-12")),
    ("Updated: 2025-04-12 10:31", at("2025-04-12 10:31")),
    ("PublishedFeb 2, 2023", at("2023-02-02")),
    ("发布时间：2018-10-28 08:05", at("2018-10-28 08:05")),
    # Unix time
    ("1698339780", at("2023-10-26 17:03:00", 0)),
    ("1698339780123", at("2023-10-26 17:03:00", 0)),
    # RFC 2822, ctime
    ("Thu, 26 Oct 2023 17:03:00 GMT", at("2023-10-26 17:03", 0)),
    ("Thu, 26 Oct 2023 17:03:00 -0400", at("2023-10-26 17:03", -4)),
    ("Wed Jul 08 16:36:31 CEST 2020", at("2020-07-08 16:36:31", 2)),
    ("Sun Dec 31 03:00:00 2023", at("2023-12-31 03:00")),
    # English words
    ("Oct. 26, 2023", at("2023-10-26")),
    ("Oct. 26, 2023 at 5:03 p.m. EDT", at("2023-10-26 17:03", -4)),
    ("October 26th, 2023, 5 PM", at("2023-10-26 17:00")),
    ("March 5, 2024 at 3:15 PM ET", at("2024-03-05 15:15")),
    ("5:03 PM EDT, Thu October 26, 2023", at("2023-10-26 17:03", -4)),
    ("2:55pm On Dec 10, 2023", at("2023-12-10 14:55")),
    ("12:05 a.m., Dec 10, 2023", at("2023-12-10 00:05")),
    ("Dec. 10, 2023 12:05 PM", at("2023-12-10 12:05")),
    ("November 9, 20235:01 AM ET", at("2023-11-09 05:01")),
    ("26 October 2023", at("2023-10-26")),
    ("26 Oct 2023 10:00 GMT+8", at("2023-10-26 10:00", 8)),
    ("26 Oct 2023 10:00 UTC-05:00", at("2023-10-26 10:00", -5)),
    ("Tuesday 25 February , 2020", at("2020-02-25")),
    ("the 4th of March 2024", at("2024-03-04")),
    ("26-Oct-2023", at("2023-10-26")),
    ("2023 October 26", at("2023-10-26")),
    ("26  October\n2023", at("2023-10-26")),
    ("26\u00a0October\u00a02023", at("2023-10-26")),
    ("21 February2025", at("2025-02-21")),
    ("Mai062018", at("2018-05-06")),
    # other languages of the table
    ("26.10.2023 17:03 Uhr", at("2023-10-26 17:03")),
    ("26. Oktober 2023, 17.03 Uhr", at("2023-10-26 17:03")),
    ("5. März 2024 | 9:07", at("2024-03-05 09:07")),
    ("03.04.2023", at("2023-04-03")),
    ("05.15.2025", at("2025-05-15")),
    ("Publié le 4 mars 2024 à 17h03", at("2024-03-04 17:03")),
    ("1er août 2024", at("2024-08-01")),
    ("26 de octubre de 2023 a las 17:03", at("2023-10-26 17:03")),
    ("26 de março de 2024", at("2024-03-26")),
    ("26 ottobre 2023 ore 17:03", at("2023-10-26 17:03")),
    ("5 mei 2024 om 17:03", at("2024-05-05 17:03")),
    ("26 октября 2023, 17:03 (МСК)", at("2023-10-26 17:03", 3)),
    ("26 жовтня 2023", at("2023-10-26")),
    ("5 maj 202111:15", at("2021-05-05 11:15")),
    ("26 października 2023", at("2023-10-26")),
    ("26 Ekim 2023", at("2023-10-26")),
    ("26 Kasım 2023", at("2023-11-26")),
    ("26 Oktober 2023, 17:03 WIB", at("2023-10-26 17:03", 7)),
    ("26 Οκτωβρίου 2023", at("2023-10-26")),
    ("2023. október 26", at("2023-10-26")),
    ("2018年10月28日", at("2018-10-28")),
    ("2018年10月28日 10:31", at("2018-10-28 10:31")),
    ("2018年10月28日 下午3:15", at("2018-10-28 15:15")),
    ("2018年10月28日10時31分", at("2018-10-28 10:31")),
    ("2023년 10월 26일 오후 3:15", at("2023-10-26 15:15")),
    ("2023. 10. 26. 15:15", at("2023-10-26 15:15")),
    # languages that dateparser knows
    ("03 يونيو 2020", at("2020-06-03")),
    ("26 अक्टूबर 2023", at("2023-10-26")),
    ("26 ตุลาคม 2023", at("2023-10-26")),
    # glued as the family glues
    ("2025-05-02 13:51:19source:Solarsuns Guildcategory:News", at("2025-05-02 13:51:19")),
    ("2025-05-07 01:381278 view", at("2025-05-07 01:38")),
    # no zones in what only looks like one
    ("26 October 2023 10:00-11:30", at("2023-10-26 10:00")),
    ("2023-10-26 10:31 +5 comments", at("2023-10-26 10:31")),
    ("2023-10-26 10:31 NEWS", at("2023-10-26 10:31")),
    ("26/10/2023", at("2023-10-26")),
    ("10/26/2023", at("2023-10-26")),
    ("04/04/2023", at("2023-04-04")),
    ("08/18/2023 | 20:26 PM", at("2023-08-18 20:26")),
    # a time that is none
    ("2023-10-26 25:70", at("2023-10-26")),
]


@pytest.mark.parametrize(("raw", "moment"), READ, ids=[raw for raw, _ in READ])
def test_parse(raw: str, moment: datetime) -> None:
    parsed = dates.parse(raw)
    assert parsed == moment
    assert parsed.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "yesterday",
        "2 hours ago",
        "today at 10:31",
        "vor 2 Stunden",
        "há 3 horas",
        "5 दिन पहले",
        "вчера, 10:31",
        "Oct. 26",
        "26 October",
        "26 अक्टूबर",
        "October 2023",
        "10/2023",
        "2023",
        "10:31",
        "12",
        "26.10.23",
        "Oct 26, '23",
        "2023-13-01",
        "2023-02-30",
        "30 February 2023",
        "1989-12-31",
        "2101-01-01",
        "May 5, 1976",
        "0001-01-01T00:00:00+14:00",
        "03/04/2023",
        "1234567",
        "9999999999999",
        "²²²²²²²²²²",
        "1945 1960 1980 2000 2020",
        "Release: Q4-2023",
        "In 2023 some 12 people met",
    ],
)
def test_an_incomplete_date_is_none(raw: str) -> None:
    assert dates.parse(raw) is None


@pytest.mark.parametrize(
    ("languages", "moment"),
    [
        ((), None),
        (("en",), None),
        (("xx-1",), at("2023-04-03")),
        (("de",), at("2023-04-03")),
        (("fr-CA",), at("2023-04-03")),
        (("en-GB",), at("2023-04-03")),
        (("en-US",), at("2023-03-04")),
        (("en_US",), at("2023-03-04")),
        (("en", "en-us"), at("2023-03-04")),
    ],
)
def test_the_language_orders_day_and_month(languages: tuple[str, ...], moment: datetime | None) -> None:
    assert dates.parse("03/04/2023", languages) == moment
    assert dates.parse("03-04-2023", languages) == moment


def test_an_unknown_language_is_no_error() -> None:
    assert dates.parse("26 अक्टूबर 2023", ("tlh", "x-none")) == at("2023-10-26")


def test_no_clock_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import dateparser.date  # noqa: PLC0415 - the parser's own modules are what is patched
    import dateparser.date_parser  # noqa: PLC0415
    import dateparser.parser  # noqa: PLC0415

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Stopped":
            raise AssertionError("the clock was asked")

        utcnow = today = now

    for module in (dateparser.date, dateparser.date_parser, dateparser.parser):
        monkeypatch.setattr(module, "datetime", Stopped, raising=False)
    assert dates.parse("26 ตุลาคม 2023 17:03") == at("2023-10-26 17:03")


def test_dateparser_waits_until_it_is_needed() -> None:
    code = (
        "import sys; from scraper.fields import dates; dates.parse('Oct. 26, 2023'); print('dateparser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("text", "raw", "moment"),
    [
        ("By Jane Doe | Updated: March 5, 2024 at 3:15 PM ET", "March 5, 2024 at 3:15 PM", at("2024-03-05 15:15")),
        (
            "2025-05-02 13:51:19source:Solarsuns Guildcategory:News",
            "2025-05-02 13:51:19",
            at("2025-05-02 13:51:19"),
        ),
        ("2025-05-07 01:381278 view", "2025-05-07 01:38", at("2025-05-07 01:38")),
        ("Date:2025-04-12 10:31:20", "2025-04-12 10:31:20", at("2025-04-12 10:31:20")),
        ("Von Max Mustermann, 26.10.2023, 17:03 Uhr", "26.10.2023, 17:03 Uhr", at("2023-10-26 17:03")),
        ("17:03 MEZ, 26.10.2023 · 3 Min.", "17:03 MEZ, 26.10.2023", at("2023-10-26 17:03", 1)),
        ("4 March 2023 (updated 5 March 2023)", "4 March 2023", at("2023-03-04")),
        ("On 26 October we met; 26 October 2023 it was", "26 October 2023", at("2023-10-26")),
        ("2 May 2023-05-04", "2 May 2023", at("2023-05-02")),
    ],
)
def test_find(text: str, raw: str, moment: datetime) -> None:
    assert dates.find(text) == (raw, moment)


@pytest.mark.parametrize(
    "text", ["By Jane Doe", "3/4/2023", "Call 555-2023-12345", "Room 12, 2023 seats", "x" * 400 + " 2023-10-26"]
)
def test_find_nothing(text: str) -> None:
    assert dates.find(text) is None


def test_find_knows_the_order_of_a_language() -> None:
    assert dates.find("On 3/4/2023 we met", ("en-US",)) == ("3/4/2023", at("2023-03-04"))


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://example.org/2023/10/26/a-story.html", "2023-10-26"),
        ("https://example.org/news/2023/oct/26/a-story", "2023-10-26"),
        ("https://example.org/2023-10-26-a-story", "2023-10-26"),
        ("https://example.org/a-story-2023-10-26.html", "2023-10-26"),
        ("https://example.org/n1/2023/1026/c1-400.html", "2023-10-26"),
        ("https://example.org/t20231026_123.html", None),
        ("https://example.org/world-europe-20121014", None),
        ("/news/life/2018-03-13/804.html", "2018-03-13"),
        ("https://example.org/html/20231399.html", None),
        ("https://example.org/html/855c73898406.html", None),
        ("https://example.org/2023/10/", None),
        ("https://example.org/1923/10/26/", None),
        ("https://2023-10-26.example.org/a", None),
        ("https://example.org/a?day=2023-10-26", None),
        ("https://example.org", None),
        ("", None),
    ],
)
def test_from_url(url: str, day: str | None) -> None:
    assert dates.from_url(url) == (day and at(day))


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://example.org/t20231026_123.html", "2023-10-26"),
        ("https://example.org/html/20231399.html", None),
        ("https://example.org/html/120231026.html", None),
    ],
)
def test_eight_digits_are_a_day_only_where_requested(url: str, day: str | None) -> None:
    assert dates.from_url(url) is None
    assert dates.from_url(url, numbers=True) == (day and at(day))


@pytest.mark.parametrize(
    ("raw", "languages", "moment"),
    [
        # Buddhist years
        ("26 ตุลาคม 2566", (), at("2023-10-26")),
        ("26 ต.ค. 2566 17:03 น.", (), at("2023-10-26 17:03")),
        ("วันที่ 5 มี.ค. 2567", (), at("2024-03-05")),
        ("26/10/2566", ("th",), at("2023-10-26")),
        ("26 พฤษภาคม พ.ศ. 2566", (), at("2023-05-26")),
        # Persian years
        ("۴ آبان ۱۴۰۲", (), at("2023-10-26")),
        ("1 فروردین 1403", (), at("2024-03-20")),
        ("30 اسفند 1399", (), at("2021-03-20")),
        ("29 اسفند 1402", (), at("2024-03-19")),
        ("1402/08/04", ("fa-IR",), at("2023-10-26")),
        ("۱۴۰۲/۰۸/۰۴ - ۱۷:۰۳", ("fa",), at("2023-10-26 17:03")),
        # years of the Republic of China
        ("民國112年10月26日", (), at("2023-10-26")),
        ("112年10月26日", (), at("2023-10-26")),
        ("112-10-26", ("zh-TW",), at("2023-10-26")),
        ("112/3/5", ("zh-Hant-TW",), at("2023-03-05")),
        # Japanese eras
        ("令和5年10月26日", (), at("2023-10-26")),
        ("令和元年5月1日", (), at("2019-05-01")),
        ("平成30年4月1日 10時31分", (), at("2018-04-01 10:31")),
        # languages whose months the grammar knows
        ("24 نيسان / أبريل 2020 09:22", (), at("2020-04-24 09:22")),
        ("24 كانون الثاني 2020", (), at("2020-01-24")),
        ("26 באוקטובר 2023", (), at("2023-10-26")),
        ("२६ अक्टूबर २०२३", (), at("2023-10-26")),
        ("26 tháng 10, 2023", (), at("2023-10-26")),
        ("26 tháng 10 năm 2023", (), at("2023-10-26")),
    ],
)
def test_years_and_months_of_other_calendars(raw: str, languages: tuple[str, ...], moment: datetime) -> None:
    assert dates.parse(f"• {raw}", languages) == moment
    parsed = dates.find(f"News | {raw}", languages)
    assert parsed
    assert parsed[1] == moment
    assert parsed[0] in raw


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("26/10/2566", ("en-GB",)),
        ("1402/08/04", ("en",)),
        ("112-10-26", ("en",)),
        ("112/10/26", ("zh-CN",)),
        ("26 October 1402", ()),
        ("令和99年10月26日", ()),
        ("12年10月26日", ()),
        ("PhpStorm 2016.1.2", ()),
        ("Now with Rider 2023.3.1", ()),
        ("v2016.1.2", ()),
    ],
)
def test_other_numbers_are_no_years(text: str, languages: tuple[str, ...]) -> None:
    assert dates.parse(text, languages) is None
    assert dates.find(text, languages) is None


@pytest.mark.parametrize(
    "text", ["2016.1.2", "Published 2016.1.2", "업데이트 2016.1.2", "Updated: 2016.1.2", "2016.1.2 10:31"]
)
def test_a_date_with_full_stops_is_no_version(text: str) -> None:
    parsed = dates.find(text)
    assert parsed
    assert parsed[1].date() == at("2016-01-02").date()


def test_every_date_of_a_line_is_found_with_its_own_time() -> None:
    results = list(dates.find_all("Last updated 17 May 2024 at 08:00 | Published 14 May 2024 at 07:00, by us"))
    assert [item.raw for item in results] == ["17 May 2024 at 08:00", "14 May 2024 at 07:00"]
    assert [item.moment for item in results] == [at("2024-05-17 08:00"), at("2024-05-14 07:00")]


@pytest.mark.parametrize(
    ("texts", "tag"),
    [
        (["3/4/2023", "25/03/2023"], "en-GB"),
        (["3/4/2023", "03-25-2023"], "en-US"),
        (["3/4/2023"], None),
        (["25/03/2023", "03/25/2023"], None),
        (["1925/03/2023"], None),
        ([], None),
    ],
)
def test_other_dates_tell_the_order_of_day_and_month(texts: list[str], tag: str | None) -> None:
    assert dates.numeric_order(texts) == tag


@pytest.mark.parametrize(
    ("raw", "moment", "other"),
    [
        ("11/01/2023 12:43:42", "2023-11-01 12:43:42", "2023-01-11 12:43:42"),
        ("11.01.2023", "2023-01-11", "2023-11-01"),
        ("25/01/2023", "2023-01-25", None),
        ("2023-11-01", "2023-11-01", None),
        ("11/11/2023", "2023-11-11", None),
    ],
)
def test_a_date_may_have_two_readings(raw: str, moment: str, other: str | None) -> None:
    assert dates.swapped(raw, at(moment)) == (other and at(other))


def test_no_name_belongs_to_two_months() -> None:
    folded = [{dates.fold(name) for name in names.split()} for names in vocabulary.MONTHS]
    assert sum(map(len, folded)) == len(set().union(*folded))
    assert len(vocabulary.MONTHS) == 12


PIECES = (
    "2023", "10", "26", "3", "-", "/", ".", ":", " ", "T", "Z", "+02:00", "GMT", "p.m.", "Oct", "März", "октября", "年",
    "月", "日", "下午", "अक्टूबर", "de ", "st", "٢٠٢٣", "²", "\ud800", "\x00", ",", "at ", "17:03",
)  # fmt: skip


@given(st.text(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("9" * 13)
@example("2023-10-26T17:03:00+23:59")
def test_any_text_is_a_date_or_none(text: str) -> None:
    moment = dates.parse(text, ("en-US",))
    assert moment is None or 1990 <= moment.year <= 2100
    assert dates.parse(text, ("en-US",)) == moment
    parsed = dates.find(text)
    assert parsed is None or (parsed[0] in text and 1990 <= parsed[1].year <= 2100)
    day = dates.from_url(text)
    assert day is None or day.tzinfo is None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31), timezones=st.sampled_from((None, UTC))))
def test_iso_times_come_back(moment: datetime) -> None:
    assert dates.parse(moment.isoformat()) == moment
    assert dates.parse(f"Date:{moment.isoformat(' ', 'seconds')} by us") == moment.replace(microsecond=0)


@pytest.mark.parametrize("unit", ["2023-10-26 ", "Oct ", "12 ", "٢ ", "1/", "(", " "])
def test_long_text_is_cut(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    assert dates.parse(long) == dates.parse(long[:2000])
    assert dates.find(long) == dates.find(long[:2000])
    assert dates.from_url(long) == dates.from_url(long[:2000])
