"""The charts of the results beyond the article."""
