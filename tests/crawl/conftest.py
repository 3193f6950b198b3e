"""One whole crawl of the embedded portal, into a feed and an archive too, for all tests that only read its files."""

import pytest

from tests.crawling import Crawl, crawl


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    directory = tmp_path_factory.mktemp("embedded")
    archive = ("-s", "ARCHIVE=true", "-s", "ARCHIVE_SIZE=100000")
    return crawl(directory, "fintechworld", "-O", f"{directory}/feed.jsonl", *archive)
