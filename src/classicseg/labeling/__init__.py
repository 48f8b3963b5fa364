"""Label images: connected components, their numbers, and which of them are kept."""
