"""Everything a visitor sees: one short script per page."""
