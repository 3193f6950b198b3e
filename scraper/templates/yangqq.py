"""The blog themes by Yang Qing for EmpireCMS, in Chinese and English: the family that FinTechWorld is of."""

import re

from scraper.label import Label
from scraper.templates.template import Profile, line, table

__all__ = ["PROFILE"]

_COLON = r"\s*[:：]\s*"
_DATE = r"(?:\d{4}\s*[-/年.]\s*\d{1,2}\s*[-/月.]\s*\d{1,2}日?(?:[T\s]*\d{1,2}:\d{2}(?::\d{2})?)?)"
_BREADCRUMB = re.compile(
    rf"(?:Current|Location|Position|您现在的位置是?|您当前的位置|当前位置|位置){_COLON}", re.IGNORECASE
)
_LIKE = re.compile(
    r"(?:very\s?good|很赞哦|赞一个|喜欢)\s*[!！]*\s*(?:[(（]\s*(?P<like_count>\d[\d,]*)?\s*[)）])?$", re.IGNORECASE
)
_SITE_TAIL = re.compile(r"\s+[-–—|_]\s*(?P<site>\S[^-–—|_]{0,60})$|[-_|](?P<tight>[^\s-][^-_|]{0,60})$")

PROFILE = Profile(
    name="yangqq",
    threshold=4,
    classes={
        "con_tilte": 3,
        "con_nav": 2,
        "diggit": 2,
        "diggnum": 2,
        "news_con": 2,
        "news_infos": 2,
        "news_title": 2,
        "otherlink": 1,
        "paihang": 2,
        "tuijian": 2,
        "con_text": 1,
        "bloginfo": 2,
        "bloglist": 2,
        "blogtitle": 2,
        "newsitem": 1,
        "whitebg": 1,
        "htitle": 1,
        "lanmu": 1,
        "topnews": 1,
        "info_text": 2,
        "pagelist": 1,
    },
    lines=(
        line(3, "Current Location Position 位置", rf"^{_BREADCRUMB.pattern}(?:Home|首页|网站首页)\b"),
        line(2, "ery 很赞 赞一个 喜欢", rf"^{_LIKE.pattern}"),
        line(1, "View", r"View(?:[ \t]*\d+)?$"),
        line(1, "Date", rf"Date{_COLON}\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d$"),
        line(1, "Related 相关文章", r"^(?:Related|相关文章)$"),
        line(1, "Ranking 点击排行", r"^(?:Ranking|点击排行)$"),
        line(1, "Recommendation 推荐", r"^(?:Recommendation|本栏推荐|站长推荐)$"),
    ),
    regions={
        "con_nav": Label.BREADCRUMB,
        "t_nav": Label.BREADCRUMB,
        "position": Label.BREADCRUMB,
        "breadcrumb": Label.BREADCRUMB,
        "con_tilte": Label.HEADLINE,
        "con_title": Label.HEADLINE,
        "news_title": Label.HEADLINE,
        "bloginfo": Label.BYLINE,
        "lmname": Label.SECTION,
        "timer": Label.DATE,
        "news_author": Label.BYLINE,
        "info_text": Label.BYLINE,
        "con_info": Label.STANDFIRST,
        "con_text": Label.BODY,
        "news_con": Label.BODY,
        "news_infos": Label.BODY,
        "text": Label.BODY,
        "diggit": Label.LIKE,
        "diggnum": Label.LIKE,
        "digg": Label.LIKE,
        "share": Label.PROMO,
        "nextinfo": Label.NAVIGATION,
        "pagelist": Label.NAVIGATION,
        "pagelink": Label.NAVIGATION,
        "tags": Label.TAGS,
        "otherlink": Label.RELATED,
        "paihang": Label.RANKING,
        "tuijian": Label.RECOMMENDATION,
        "xiangsi": Label.MORE,
        "wenzi": Label.MORE,
        "zhuanti": Label.MORE,
        "gbook": Label.COMMENT,
        "cloud": Label.TAGS,
        "caption": Label.CAPTION,
        "ad": Label.PROMO,
        "links": Label.OTHER,
        "tongji": Label.OTHER,
        "notice": Label.OTHER,
        "card": Label.OTHER,
        "footer": Label.FOOTER,
        "copyright": Label.FOOTER,
        "bloglist": Label.LISTING,
        "newstab": Label.LISTING,
        "lanmu": Label.LISTING,
        "banbox": Label.LISTING,
    },
    headings={
        "related": Label.RELATED,
        "related articles": Label.RELATED,
        "related posts": Label.RELATED,
        "related news": Label.RELATED,
        "相关文章": Label.RELATED,
        "相关推荐": Label.RELATED,
        "相关新闻": Label.RELATED,
        "ranking": Label.RANKING,
        "most viewed": Label.RANKING,
        "most read": Label.RANKING,
        "hot": Label.RANKING,
        "点击排行": Label.RANKING,
        "热门文章": Label.RANKING,
        "排行榜": Label.RANKING,
        "recommendation": Label.RECOMMENDATION,
        "recommendations": Label.RECOMMENDATION,
        "recommended": Label.RECOMMENDATION,
        "recommend": Label.RECOMMENDATION,
        "本栏推荐": Label.RECOMMENDATION,
        "站长推荐": Label.RECOMMENDATION,
        "推荐文章": Label.RECOMMENDATION,
        "latest": Label.LATEST,
        "latest news": Label.LATEST,
        "最新文章": Label.LATEST,
        "random": Label.MORE,
        "random pictures": Label.MORE,
        "随机图文": Label.MORE,
        "猜你喜欢": Label.MORE,
        "guess you like": Label.MORE,
        "you may like": Label.MORE,
        "you may also like": Label.MORE,
        "特别推荐": Label.MORE,
        "comments": Label.COMMENT,
        "文章评论": Label.COMMENT,
        "tags": Label.TAGS,
        "tag cloud": Label.TAGS,
        "标签云": Label.TAGS,
        "links": Label.OTHER,
        "friends": Label.OTHER,
        "friend links": Label.OTHER,
        "friendship links": Label.OTHER,
        "友情链接": Label.OTHER,
        "站点信息": Label.OTHER,
        "site information": Label.OTHER,
        "site info": Label.OTHER,
        "关注我们": Label.OTHER,
        "follow us": Label.OTHER,
    },
    own=table(
        (Label.BREADCRUMB, _BREADCRUMB.pattern),
        (Label.OTHER, r"\[!--[^\]]{0,80}--\]$"),
    ),
    end=_LIKE,
    tail=table(
        (Label.TAGS, rf"(?:Tags?|标签|关键词){_COLON}"),
        (Label.PROMO, rf"(?:转载|Reprint(?:ed)?(?: from)?|Reposted|Source statement|版权声明|声明){_COLON}"),
        (Label.NAVIGATION, rf"(?:上一篇|下一篇|Previous|Prev|Next)(?: article| post| one)?{_COLON}"),
        (Label.NAVIGATION, r"(?:[\d\s<>«»‹›…|]|首页|上一页|下一页|尾页|First|Previous|Prev|Next|Last|page)+$"),
        (
            Label.FOOTER,
            r"(?:Copyright\b|©|\(c\) ?\d{4}|版权所有|备案号|Powered by\b|All rights reserved|.{0,20}ICP备)",
        ),
    ),
    noise=re.compile(
        rf"(?:Date|时间|日期|发布时间){_COLON}|{_DATE}|\bViews?(?:\s{{0,9}}[:(（]?\s{{0,9}}\d[\d,]{{0,15}}\s{{0,9}}[)）]?)?(?=\s{{0,9}}(?:Date|\d{{4}}-|$))"
        r"|\d[\d,]{0,15}\s{0,9}[Vv]iews?\b|\bViewed\b(?:\s{0,9}\d{1,15})?(?:\s{0,9}times)?|^(?:[Vv]iews?|times|[Ll]ikes?|共|人|次|已|\d{0,15}人?已|人?(?:围观|阅读|浏览))$"
        r"|(?:浏览|阅读|围观|评论)\s*[(（]\s{0,9}\d{0,15}\s{0,9}[)）]|\d{0,15}\s{0,9}人?已?(?:围观|阅读|浏览|评论)\s{0,9}\d{0,15}|【[^】]{0,99}】"
        r"|(?:Author|作者|编辑|来源|Source)\s*[:：]",
    ),
    fields={
        "date": re.compile(rf"({_DATE})"),
        "like_count": _LIKE,
        "view_count": re.compile(
            r"View(?:s|ed)?\s*[:(（]?\s*(\d[\d,]*)(?![-\d])|(?<![:\d-])(\d[\d,]*)\s*(?:[Vv]iews?\b|人?已?(?:围观|阅读|浏览))"
            r"|(?:浏览|阅读)\s*[(（]\s*(\d+)"
        ),
        "section": re.compile(r"【([^】]{1,40})】"),
        "author": re.compile(r"(?:作者|Author)\s*[:：]\s*([^:：]{1,60}?)(?=\s*(?:\S{1,8}[:：]|$))"),
    },
    site_tail=_SITE_TAIL,
)
