"""An RSS/Atom news aggregator and syndication service."""
