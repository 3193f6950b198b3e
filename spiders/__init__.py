"""The spiders of this project: short files to read and to copy; what drives them is in `scraper.crawl`."""
