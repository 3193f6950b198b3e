"""The labels of blocks: each with its role and its colours, stated here only."""

from enum import Enum, StrEnum
from typing import Self

__all__ = ["LISTS", "STORY", "Label", "Role"]


class Role(Enum):
    """What a label is to the story."""

    STORY = "story"
    """Text of the body."""
    META = "meta"
    """What the page says of the story: headline, date, authors, captions."""
    LIST = "list"
    """An entry in a list of other stories."""
    FRAME = "frame"
    """Everything else."""


class Label(StrEnum):
    """What a block is to the article. Every block has exactly one label."""

    role: Role
    colours: tuple[str, str]
    """On the explain page, in the light and the dark theme."""

    def __new__(cls, value: str, role: Role, colours: tuple[str, str]) -> Self:
        """Create a label with its role and colours."""
        label = str.__new__(cls, value)
        label._value_, label.role, label.colours = value, role, colours
        return label

    HEADLINE = "headline", Role.META, ("#a2330d", "#ffa27a")
    KICKER = "kicker", Role.META, ("#8f3a22", "#f5ab8c")
    BREADCRUMB = "breadcrumb", Role.FRAME, ("#52647a", "#9db1c9")
    STANDFIRST = "standfirst", Role.STORY, ("#8a4b08", "#eeb56b")
    BYLINE = "byline", Role.META, ("#17673c", "#7fd19f")
    DATE = "date", Role.META, ("#4b6210", "#b6cc6e")
    SECTION = "section", Role.META, ("#2b6a6a", "#83c9c8")
    BODY = "body", Role.STORY, ("#1c4f96", "#8fb9f5")
    SUBHEADING = "subheading", Role.STORY, ("#4340a8", "#aeb0ff")
    CAPTION = "caption", Role.META, ("#086880", "#74cbe2")
    LIKE = "like", Role.META, ("#a81f56", "#ff9dc0")
    TAGS = "tags", Role.META, ("#7a5a00", "#dcbd62")
    LIST_HEADING = "list_heading", Role.FRAME, ("#6b2fa3", "#cfa6f7")
    RELATED = "related", Role.LIST, ("#7a2f9e", "#d9a2f2")
    RANKING = "ranking", Role.LIST, ("#8b2785", "#eb9be4")
    RECOMMENDATION = "recommendation", Role.LIST, ("#93266f", "#f39bcf")
    LATEST = "latest", Role.LIST, ("#5f45a6", "#beaef5")
    MORE = "more", Role.LIST, ("#6d4a86", "#c8aede")
    LISTING = "listing", Role.FRAME, ("#744a72", "#d0aecf")
    SPONSORED = "sponsored", Role.FRAME, ("#7d5410", "#dbb06a")
    PROMO = "promo", Role.FRAME, ("#83511c", "#d9ae7d")
    COMMENT = "comment", Role.FRAME, ("#6a5f4c", "#b9ae9a")
    AUTHOR_BIO = "author_bio", Role.FRAME, ("#3d6150", "#9fc4b0")
    SHARE = "share", Role.FRAME, ("#6c5a6c", "#bba9bb")
    NAVIGATION = "navigation", Role.FRAME, ("#5c6470", "#a2a9b4")
    FOOTER = "footer", Role.FRAME, ("#656059", "#aaa59d")
    HIDDEN = "hidden", Role.FRAME, ("#6b6b6b", "#9f9f9f")
    OTHER = "other", Role.FRAME, ("#62625f", "#a8a8a4")


STORY = frozenset(label for label in Label if label.role is Role.STORY)
"""The labels whose blocks make the body."""
LISTS = tuple(label for label in Label if label.role is Role.LIST)
"""The labels of entries in lists of other stories, in the order of the record's `sidebar`."""
