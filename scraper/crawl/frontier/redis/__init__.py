"""The store of a crawl with several workers, in Redis; needs the extra `redis`."""
