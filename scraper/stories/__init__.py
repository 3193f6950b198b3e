"""What one story is across pages: URLs, identity, near duplicates, stories split over several pages."""
