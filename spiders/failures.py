"""Why an address could not be had, in a word or two."""

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

__all__ = ["reason"]

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "connection refused"),
    (ResponseDataLossError, "cut short"),
    (DownloadCancelledError, "too large"),
    (DownloadFailedError, "connection failed"),
    (UnsupportedURLSchemeError, "not http"),
    (NotSupported, "not http"),
    (OSError, "bad compression"),
)


def reason(error: BaseException | None) -> str:
    """Give the HTTP status, the words with which a middleware refused the request, or the kind of the trouble."""
    if isinstance(error, HttpError):
        return str(error.response.status)
    if isinstance(error, IgnoreRequest):
        return str(error) or "refused by a middleware"
    return next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)
