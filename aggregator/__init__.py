"""An RSS/Atom news aggregator and syndication service."""

__version__ = "0.1.0"
