"""Why a URL could not be had, in a word or two."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.spidermiddlewares.httperror import HttpError

from scraper.io.content_encoding import BAD_COMPRESSION, CUT_SHORT, TOO_LARGE

__all__ = ["final", "reason"]

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "connection refused"),
    (ResponseDataLossError, CUT_SHORT),
    (DownloadCancelledError, TOO_LARGE),
    (DownloadFailedError, "connection failed"),
    (UnsupportedURLSchemeError, "not http"),
    (NotSupported, "not http"),
    (OSError, BAD_COMPRESSION),
)

_SAYINGS = {"max redirections reached": "too many redirects"}

# The URL will not do better the next time.
_FINAL = frozenset(("redirected", "repeated", "off the host", "not http", "unsafe address"))
_PASSING = frozenset(("408", "429"))


def reason(error: BaseException | None) -> str:
    """Return the HTTP status, the words with which a middleware refused the request, or the kind of the trouble."""
    if isinstance(error, HttpError):
        return str(error.response.status)
    if isinstance(error, IgnoreRequest):
        said = str(error)
        return _SAYINGS.get(said, said) or "refused by a middleware"
    return next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)


def final(reason: str) -> bool:
    """Return whether there is no use in requesting the URL again in the next crawl."""
    return reason in _FINAL or (reason.isdigit() and reason[0] == "4" and reason not in _PASSING)
