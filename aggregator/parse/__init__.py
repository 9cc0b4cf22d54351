"""From bytes to values: feeds, JSON Feeds, sitemaps and pages, whatever they were labelled as. Pure."""
