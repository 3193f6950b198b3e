"""Crawl statistics, the progress line, run.json, and the HTML report."""
