"""How fast the methods are, and what memory they take, beside those of other libraries."""
