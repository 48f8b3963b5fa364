"""Trees of regions: pixels and regions that merge, pair by pair, and the cuts that make labels of them."""
