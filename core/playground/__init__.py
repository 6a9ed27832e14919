"""One run that can be edited while it trains, and what ails it."""
