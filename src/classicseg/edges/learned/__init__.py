"""The learned detector of boundaries: differences of half-discs, features, forests, thinning."""
