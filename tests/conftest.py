"""The option `--update`, the settings of hypothesis, and the pages of the portal."""

import pytest
from hypothesis import settings

from fixtures.portal import site

PORTAL = "http://portal.test"

settings.register_profile("tests", deadline=None)  # other work on the machine takes time, too
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected records from what the code gives now")


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def portal_pages() -> dict[str, site.Page]:
    return site.build(PORTAL)
