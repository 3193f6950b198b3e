"""FinTechWorld."""

from spiders.portal import PortalSpider

__all__ = ["FinTechWorldSpider"]


class FinTechWorldSpider(PortalSpider):
    """The portal FinTechWorld; without `-a site=` the embedded one, which is made in its likeness."""

    name = "fintechworld"
    embedded = True
