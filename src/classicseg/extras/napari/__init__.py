"""The plugin for napari: the catalogue in a viewer.

What needs neither a viewer nor a window (`forms`, `layers`, `runs`, `copying`, `stopping`, `readers`, `samples`)
is apart from what does (`docks`, `segment`, `scales`, `wand`, `regions`), which `napari.yaml` names. None of it
chooses a Qt: whoever runs napari has one.
"""
