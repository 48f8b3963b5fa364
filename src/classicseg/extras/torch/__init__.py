"""SegNet in PyTorch: the networks, their training, their files. Needs classicseg[torch]; torchvision is not used.

A trained network is a segmenter by `classicseg.extras.networks.NetworkSegmenter.from_torch`.
"""

from importlib.util import find_spec as _find_spec

if _find_spec("torch") is None:
    raise ImportError("training networks needs PyTorch; pip install 'classicseg[torch]'", name="torch")

from classicseg.extras.torch.checkpoints import load_network as load_network
from classicseg.extras.torch.checkpoints import save_network as save_network
from classicseg.extras.torch.epochs import Epoch as Epoch
from classicseg.extras.torch.exporting import export_onnx as export_onnx
from classicseg.extras.torch.segnet import SegNet as SegNet
from classicseg.extras.torch.segnet import SegNetBasic as SegNetBasic
from classicseg.extras.torch.training import TrainingResult as TrainingResult
from classicseg.extras.torch.training import train_network as train_network
from classicseg.extras.torch.weights import median_frequency_weights as median_frequency_weights
