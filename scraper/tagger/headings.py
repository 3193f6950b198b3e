"""The wording of headings of lists of other stories, in the languages of news."""

import re

from scraper.label import Label

__all__ = ["LONGEST_HEADING", "list_kind", "opener"]

# The beginnings of headings; the first match decides.
_HEADINGS = (
    (
        Label.RANKING,
        r"most (?:read|popular|viewed|shared|watched|commented|discussed|recent popular|clicked|emailed|talked)|popular|(?:top|now|what'?s|currently) trending|trending"
        r"|top \d* ?(?:stories|posts|news|reads|videos|articles|headlines)|(?:today's )?top (?:stories|reads)|hot(?:test)? (?:topics|news|stories|right now)|best of|ranking|bestseller|charts"
        r"|(?:am )?meist ?\w*(?:gelesen|geklickt|kommentiert|gesehen|geteilt)\w*|(?:am )?beliebt\w*|am h.ufigsten gelesen|top[- ](?:artikel|themen|news)"
        r"|les (?:plus|\+) (?:lus|vus|populaires|partag[ée]s|comment[ée]s)|lo m[aá]s (?:le[ií]do|visto|comentado|compartido|popular)|(?:las |los )?m[aá]s (?:le[ií]d[ao]s?|vist[ao]s?|populares)"
        r"|(?:as |os )?mais (?:lid[ao]s?|vist[ao]s?|populares|acessad[ao]s?)|(?:i |gli )?(?:articoli )?pi[uù] (?:lett[ie]|vist[ie]|popolari)|meest (?:gelezen|bekeken|populair)|populair\w*"
        r"|mest (?:l[aæäe]st\w*|lesi\w*|popul[æä]r\w*|sett\w*|delad\w*)|luetuimmat|suosituimmat|terpopuler|terbanyak dibaca|en [cç]ok (?:okunan|izlenen)\w*|pop[uú]l[aá]r\w*|najpopularniejsze|najcz[eę][sś]ciej czytane"
        r"|najčítanejšie|nejčtenější|legolvasottabb\w*|popularne|popularno|najčitanije|cele mai citite|най-четени|δημοφιλ\w+|популярн\w+|самое (?:читаемое|популярное)|найпопулярніше|топ(?:[- ]?\d+)?\b"
        r"|人気\w*|アクセスランキング|ランキング|热门\w*|熱門\w*|热点\w*|排行\w*|点击排行\w*|많이 본\w*|인기\w*|الأكثر (?:قراءة|مشاهدة|شيوعا)|پربازدید\w*|הנצפים\w*|הנקראים\w*|xem nhiều|đọc nhiều",
    ),
    (
        Label.RECOMMENDATION,
        r"recommend\w*|we recommend|suggested|editor'?s?'? (?:picks?|choice)|editors' (?:picks?|choice)|(?:our |hot |top |staff )?picks? (?:for|of)|(?:hot|our|top|staff) picks|(?:stories |other stories |posts )?you (?:may|might|will|'ll)(?: also)? (?:like|love|enjoy)"
        r"|more stories you may like|you may be interested|don'?t miss|must[- ](?:reads?|see\w*|watch)|read (?:next|this next)|what to read next|up next|for you|featured|handpicked|in case you missed it|icymi|people (?:also|are) read\w*|best bets"
        r"|(?:die redaktion |unsere? )?empf[ie]e?hl\w*|empfohlen\w*|das k.nnte\b.*|tipps? der redaktion|.*auch interessant|.*interessieren|vous aimerez|recommand\w*|notre s[ée]lection|[àa] ne pas manquer|recomenda\w+|te puede interesar"
        r"|le puede interesar|te recomendamos|no te pierdas|consigliat\w+|da non perdere|potrebbe(?:ro)? interessarti|aanbevolen|rekomend\w+|rekommend\w+|anbefal\w+|sizin için|önerilen\w*|polecan\w+|doporuč\w+|odporúč\w+|ajánl\w+|ajánló"
        r"|рекоменд\w+|препоръч\w+|διαβάστε επίσης|επιλογ\w+|おすすめ\w*|推荐\w*|推薦\w*|精彩推荐|猜你喜欢|추천\w*|مقالات مقترحة|نرشح لك|پیشنهاد\w*|có thể bạn quan tâm",
    ),
    (
        Label.LATEST,
        r"(?:the |our )?(?:very )?latest|recent(?:ly)?|newest|new(?:s)? (?:ticker|feed|flash)|what'?s new|recent (?:posts?|articles?|news|stories)|just in|breaking news|news in brief|live news"
        r"|(?:aktuelle|neueste|neuste|letzte) \w+|aktuell\w*|neu(?:este)?s?|derni[eè]res? \w+|[àa] la une|(?:lo |las )?[uú]ltim[ao]s? \w+|ultim'?ora|ultime \w+|le ultime"
        r"|laatste \w+|laatste|siste \w+|senaste \w+|seneste \w*|n[yý]just\w*|tuoreimmat|uusimmat|terkini|terbaru|berita (?:terbaru|terkini)|son (?:dakika|haberler)|najnowsze|ostatnie \w+|nejnovější|najnovšie|legfrissebb\w*|friss hírek|najnovije|ultimele \w+"
        r"|последн\w+ \w+|новости дня|свежие \w+|останні \w+|най-нов\w+|τελευταί\w+|ροή ειδήσεων|新着\w*|最新\w*|最近\w*|近期\w*|최신\w*|최근\w*|آخر (?:الأخبار|المقالات)|أحدث\w*|آخرین\w*|mới nhất|tin mới",
    ),
    (
        Label.RELATED,
        r"relate[ds]?|related \w+|read (?:more|also)|also read|see also|more (?:about|like|to read|reading)"
        r"|similar \w+|keep reading|further reading|explore further|you might have missed|in this (?:series|story)|on (?:this|the) (?:topic|subject)|background"
        r"|mehr (?:zum|zu|lesen)|zum thema|lesen sie auch|lesen sie mehr|passend zum|verwandte \w+|ähnliche \w+|siehe auch|links zum (?:thema|artikel)|themen(?:verwandte)? \w+"
        r"|lire aussi|[àa] lire (?:aussi|[ée]galement)|voir aussi|sur le m[êe]me (?:sujet|th[èe]me)|(?:nos )?articles? (?:li[ée]s|similaires|associ[ée]s|connexes)"
        r"|(?:noticias |art[ií]culos |notas )?relacionad\w+|m[aá]s (?:sobre|informaci[oó]n)|ver tambi[eé]n|lee tambi[eé]n|leer tambi[eé]n|lea tambi[eé]n|leia (?:mais|tamb[eé]m)|veja (?:mais|tamb[eé]m)"
        r"|saiba mais|leggi anche|correlat\w+|articoli (?:correlati|simili)|potrebbe anche|lees (?:ook|meer|verder)|meer (?:over|lezen)|gerelateerd\w*|les (?:også|mer)"
        r"|l[äa]s (?:mer|också|även)|læs også|relatert\w*|relaterad\w*|relaterede|lue (?:myös|lisää)|baca (?:juga|selengkapnya)|(?:berita|artikel) terkait|ilgili \w+|benzer \w+|zobacz (?:też|także|również)|czytaj (?:też|także|więcej)|podobne \w*|powiązane"
        r"|souvisej[ií]c[ií]|související|súvisiace|podobné \w+|čtěte také|kapcsolódó\w*|povezan\w*|articole (?:similare|asemănătoare)|citește și|свързан\w+|σχετικ\w+|читайте также|по теме|материалы по теме|похожие \w+|схожі|читайте також|ещё по теме"
        r"|関連\w*|あわせて読みたい|相关\w*|相關\w*|延伸阅读|延伸閱讀|관련\w*|اقرأ أيضا\w*|إقرأ أيضا\w*|مواضيع ذات صلة|مقالات ذات صلة|مطالب مرتبط|כתבות נוספות|liên quan|cùng chủ đề",
    ),
    (
        Label.MORE,
        r"more|other (?:stories|articles|posts|news)|in this section|also in|in other news|next (?:article|post|story)|previous (?:article|post|story)|older stories|post navigation|from (?:the|our) (?:web|archives?)"
        r"|mehr|weitere?|nächster \w+|n[äa]chste\w* \w+|plus d['’e]\w*|autres articles|m[aá]s|otras noticias|altr[ie] \w+|meer|mer fra|flere|fleira|więcej|další|ďalšie|további|още|еще|ещё|більше|περισσότερα|更多\w*|その他\w*|더보기|المزيد|بیشتر|video\w*|vídeos?|vidéos?|photos?",
    ),
)  # fmt: skip
_OPENER = re.compile("|".join(rf"(?P<{label}>(?:{pattern})\b)" for label, pattern in _HEADINGS), re.IGNORECASE)
_NAMING = re.compile(
    "|".join(rf"(?P<{label}>\b(?:{pattern})\b)" for label, pattern in _HEADINGS if label is not Label.MORE),
    re.IGNORECASE,
)
LONGEST_HEADING = 60
"""The most characters of a heading of a list."""


def opener(text: str) -> Label | None:
    """Return the kind of list that the first words of a heading introduce, or None."""
    if len(text) > LONGEST_HEADING:
        return None
    match = _OPENER.match(text.strip(" :>»•-|+#"))
    return Label[match.lastgroup.upper()] if match and match.lastgroup else None


def list_kind(heading: str) -> Label | None:
    """Return the kind of list that any words of its heading name, or None."""
    kind = opener(heading)
    if kind not in (None, Label.MORE) or len(heading) > LONGEST_HEADING:
        return kind
    match = _NAMING.search(heading)
    return Label[match.lastgroup.upper()] if match and match.lastgroup else kind
