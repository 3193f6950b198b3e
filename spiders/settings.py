"""What Scrapy is told. A person crawling a live site sets USER_AGENT to a name and an address of their own."""

BOT_NAME = "scraper"
SPIDER_MODULES = ["spiders.portal", "spiders.fintechworld"]
NEWSPIDER_MODULE = "spiders"
COMMANDS_MODULE = "spiders.commands"

CRAWL_DIR = None
"""Where records.jsonl and run.json go; crawls/<spider>/ where it is None."""

ARCHIVE = False
"""Whether every response is kept as it came, in WARC files under CRAWL_DIR/archive/."""
ARCHIVE_SIZE = 2**30
"""Bytes: a file of the archive that would grow beyond this is closed, as is one that is a day old."""

USER_AGENT = "scraper/0.1 (a news-portal crawler that obeys robots.txt)"

# Politeness: one request at a time and at most one a second, slower where the site is slow or asks for it.
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 2  # one under way, one waiting for its second: what has begun is finished after ^C
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1
DOWNLOAD_DELAY_JITTER = 0
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 1
RETRY_TIMES = 2

# Safety: no door into the process, no scheme but http and https, no page without a limit.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 10 * 2**20
DOWNLOAD_WARNSIZE = 2 * 2**20
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
COOKIES_ENABLED = False
DEPTH_LIMIT = 500  # longer than any pager of a real section, and an end for one without end

# Breadth first: home and sections before what hangs on them.
DEPTH_PRIORITY = 1
SCHEDULER_DISK_QUEUE = "scrapy.squeues.PickleFifoDiskQueue"
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"

DOWNLOADER_MIDDLEWARES = {
    "spiders.host.OwnHost": 60,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "spiders.robots.StrictRobots": 100,
    "spiders.archive.Archive": 830,  # behind HttpCompression and Redirect: it sees every response, as it came
    "spiders.clock.Clock": 840,
}
ITEM_PIPELINES = {"spiders.sink.Sink": 900}  # after any other, so that what is kept is what was made of the item
EXTENSIONS = {"spiders.account.Report": 0, "spiders.embedded.EmbeddedPortal": 0}

FEED_EXPORT_ENCODING = "utf-8"
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s: %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_VERSIONS: list[str] = []
STATS_DUMP = False
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # what could not be fetched is said once, with its reason
