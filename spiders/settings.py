"""Scrapy settings of this project. Before you crawl a live site, set USER_AGENT to your name and a contact."""

from scraper import __version__

BOT_NAME = "scraper"
SPIDER_MODULES = ["spiders.portal", "spiders.fintechworld"]
NEWSPIDER_MODULE = "spiders"
COMMANDS_MODULE = "scraper.crawl.commands"

USER_AGENT = f"scraper/{__version__} (a news-portal crawler that obeys robots.txt)"

ADDONS = {"scraper.crawl.TrustedCrawl": 0}

FEED_EXPORTERS = {"csv": "scraper.crawl.output.csv.CsvRecordExporter"}
FEED_EXPORT_ENCODING = "utf-8"
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s: %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
