"""Signs that a site has changed its pages, as sentences; an empty one if there is no such sign."""

from collections.abc import Mapping

from scraper.coverage import LEAST_FAMILIARITY, fallen

__all__ = ["field_drift", "site_drift"]


def field_drift(previous: Mapping[str, float], current: Mapping[str, float]) -> str:
    """Return which fields are filled less often than in the previous run, by the coverage of both runs."""
    changes = ", ".join(
        f"{name} {100 * current[name]:.0f} % after {100 * previous[name]:.0f} %" for name in fallen(previous, current)
    )
    if not changes:
        return ""
    return f"Some fields are filled less often than in the previous run: {changes}. Has the site changed its pages?"


def site_drift(familiarity: float | None) -> str:
    """Return that the pages no longer fit their site, by the share of their words at known places, if measured."""
    if familiarity is None or familiarity >= LEAST_FAMILIARITY:
        return ""
    return (
        f"The pages no longer fit what was learned about the site: only {familiarity:.0%} of their words are at known"
        " places. The next run learns the site anew."
    )
