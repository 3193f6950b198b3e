"""The exceptions of this library.

    ScraperError
    ├── FetchError      the page could not be fetched
    ├── NotAnArticle    the page is not an article
    ├── RecordError     a line of a JSON Lines file is not a record
    └── ArchiveError    a record of a WARC file cannot be read

No other exception is raised for any input of bytes or text.
"""

from typing import Literal

Reason = Literal["listing", "empty", "error page", "blocked"]

__all__ = ["ArchiveError", "FetchError", "NotAnArticle", "Reason", "RecordError", "ScraperError"]


class ScraperError(Exception):
    """The base class of all errors; raised itself for input that cannot be parsed as a page."""


class FetchError(ScraperError):
    """A page could not be fetched.

    `url` is the requested URL; `reason` is a short phrase: "404 Not Found", "too large", "unsafe address".
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}"


class NotAnArticle(ScraperError):
    """The page contains no article.

    `reason` is "listing" (a home, section, tag or search page), "empty" (no text to speak of),
    "error page" (404, 500 and the like) or "blocked" (a log-in wall, a challenge, a refusal).
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class RecordError(ScraperError):
    """A line is not a record of this library: torn, foreign, or of another schema version.

    `line` is the line number, from 1; `why` is one sentence; `path` is the file, if any.
    """

    def __init__(self, line: int, why: str, path: str | None = None) -> None:
        super().__init__(line, why, path)
        self.line = line
        self.why = why
        self.path = path

    def __str__(self) -> str:
        return f"{self.path or 'record'}:{self.line}: {self.why}"


class ArchiveError(ScraperError):
    """A record of a WARC file is torn, damaged, too large, or not a record.

    `offset` is that of the record or its gzip member in bytes; `why` is one sentence; `path` is the file, if any.
    """

    def __init__(self, offset: int, why: str, path: str | None = None) -> None:
        super().__init__(offset, why, path)
        self.offset = offset
        self.why = why
        self.path = path

    def __str__(self) -> str:
        return f"{self.path or 'archive'}:{self.offset}: {self.why}"
