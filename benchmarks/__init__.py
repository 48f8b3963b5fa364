"""How fast and how good the methods are, beside other libraries: ``python -m benchmarks --help``."""
