"""The templates this library knows, one a file; a page of none of them is read by the general labeller."""

from scraper.templates import krnews, yangqq
from scraper.templates.template import Profile, Table

__all__ = ["PROFILES", "Profile", "Table"]

PROFILES = (yangqq.PROFILE, krnews.PROFILE)
"""In the order in which they are tried; the strongest signals win."""
