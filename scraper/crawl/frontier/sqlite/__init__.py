"""The store of a crawl with one worker: one SQLite file."""
