"""Which entries are the same item, which items are the same piece of news, and what a story is made of. Pure."""
