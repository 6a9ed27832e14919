"""Results beyond the article that every student hears of, each reproduced in the smallest setting that shows it."""
