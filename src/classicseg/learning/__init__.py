"""Features to numbers, by what was learned from examples: boosted trees."""
