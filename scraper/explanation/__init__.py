"""HTML pages that show how a page was read (`blocks`), and what was learned of a site (`site`)."""
