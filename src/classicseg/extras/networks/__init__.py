"""Trained networks as segmenters: any function from tiles of an image to probabilities of classes."""

from classicseg.extras.networks.segmenter import NetworkSegmenter as NetworkSegmenter
