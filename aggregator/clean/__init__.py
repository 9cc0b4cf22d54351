"""Foreign entries made into items: safe, legal, dated. Pure."""
