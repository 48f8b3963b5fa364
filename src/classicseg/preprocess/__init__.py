"""Images made ready, with their labels, masks and spacing: cut, padded, resized, turned, normalized.

Every function takes an image with what belongs to it, of any number of dimensions, or what another one of these
functions returned, and returns a `Prepared`, whose `undo` brings labels home to the original grid. No label comes
to be that was not there; what lies beyond the image takes no part, and what takes no part gives nothing to what
does.
"""

from classicseg.preprocess.augmenting import augmentations as augmentations
from classicseg.preprocess.channels import match_channels as match_channels
from classicseg.preprocess.cutting import crop as crop
from classicseg.preprocess.cutting import pad as pad
from classicseg.preprocess.normalizing import normalize as normalize
from classicseg.preprocess.prepared import Prepared as Prepared
from classicseg.preprocess.resizing import resize as resize
from classicseg.preprocess.rotation import rotate as rotate
from classicseg.preprocess.turning import flip as flip
from classicseg.preprocess.turning import quarter_turns as quarter_turns
