"""What needs an optional dependency, and what is built from the catalogue. `import classicseg` imports none of it.

files       images, masks and labels on disk                          classicseg[cli] (in chunks: [dask])
plot        figures                                                   classicseg[plot]
cli         the command line                                          classicseg[cli]
dask        the catalogue on images larger than memory, tile by tile  classicseg[dask]
napari      the catalogue in a viewer                                 classicseg[napari], and napari
signatures  what an option of a function is to a person; `cli` and `napari` are built from it
tuning      the search for the best options of a segmenter; needs NumPy alone
progress    a progress bar, where rich is installed
"""
