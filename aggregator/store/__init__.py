"""What is remembered from pass to pass: source states, items, stories. The only room that speaks SQL."""
