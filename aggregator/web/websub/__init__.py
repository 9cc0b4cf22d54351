"""WebSub (W3C Recommendation, https://www.w3.org/TR/websub/): a hub for our feeds, and a subscriber to sources with a hub."""
