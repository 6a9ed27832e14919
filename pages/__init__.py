"""Everything a person sees: one short script a page."""
