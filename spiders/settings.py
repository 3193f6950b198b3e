"""What Scrapy is told. A person crawling a live site sets USER_AGENT to a name and a URL of their own."""

BOT_NAME = "scraper"
SPIDER_MODULES = ["spiders.portal", "spiders.fintechworld"]
NEWSPIDER_MODULE = "spiders"
COMMANDS_MODULE = "scraper.crawl.commands"

USER_AGENT = "scraper/0.1 (a news-portal crawler that obeys robots.txt)"

ADDONS = {"scraper.crawl.TrustedCrawl": 0}

FEED_EXPORTERS = {"csv": "scraper.crawl.output.csv.CsvRecordExporter"}
FEED_EXPORT_ENCODING = "utf-8"
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s: %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
