"""Stories across pages: URLs, identity, near duplicates, and stories split over several pages."""
