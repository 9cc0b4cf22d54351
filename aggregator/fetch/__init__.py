"""One URL in, one `Outcome` out: the only room that speaks to the network."""
