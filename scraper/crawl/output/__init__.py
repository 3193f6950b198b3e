"""Item pipeline, CSV exporter, and the WARC archive of a crawl."""
