"""What all tests share: the switch that rewrites expectations, and the portal's pages."""

import pytest

from fixtures.portal import site

PORTAL = "http://portal.test"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected records from what the code gives now")


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def portal_pages() -> dict[str, site.Page]:
    return site.build(PORTAL)
