"""The reasons why a request failed, in a word or two."""

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

_REWORDED = {"max redirections reached": "too many redirects"}

# Requesting the URL again would not help.
_FINAL = frozenset(("redirected", "repeated", "off the host", "not http", "unsafe address"))
_TEMPORARY = frozenset(("408", "429"))


def reason(error: BaseException | None) -> str:
    """Return the HTTP status, the message of the middleware that refused the request, or the kind of error."""
    if isinstance(error, HttpError):
        return str(error.response.status)
    if isinstance(error, IgnoreRequest):
        message = str(error)
        return _REWORDED.get(message, message) or "refused by a middleware"
    return next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)


def final(reason: str) -> bool:
    """Return whether the next crawl need not request the URL again."""
    return reason in _FINAL or (reason.isdigit() and reason[0] == "4" and reason not in _TEMPORARY)
