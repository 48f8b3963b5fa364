"""Two small segmenters that the package does not have, as one writes a new method: a file each.

They are of the kinds that prove that the catalogue, the laws and the command line need no line more.
"""
