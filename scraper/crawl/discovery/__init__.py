"""URL discovery: sitemaps, feeds, priorities, and crawler traps."""
