"""Networks of PyTorch at work: on which device, in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from classicseg._core.numbers import as_count

_NO_ROOM = ("out of memory", "can't allocate memory", "cannot allocate memory")


def options_of_module(model: Any) -> dict[str, Any]:
    """What a segmenter needs to know of a module."""
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model is of type {type(model).__name__}; expected a torch.nn.Module")
    device = best_device()
    model.to(device).eval()

    def predict(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), roomy("take a smaller tile"):
            scores = model(torch.from_numpy(tiles).to(device))
            answer: NDArray[np.float32] = torch.softmax(scores.float(), dim=1).cpu().numpy()
        return answer

    known = {name: getattr(model, name, None) for name in ("n_classes", "n_channels", "stride")}
    options = {name: as_count(name, value) for name, value in known.items() if isinstance(value, int)}
    scale = getattr(model, "notes", {}).get("scale", 1.0)
    return {"predict": predict, "scale": scale} | options


def best_device() -> Any:
    """A GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(device: Any) -> AbstractContextManager[Any]:
    """bfloat16 where the machine has instructions for it, in which products then take half the time."""
    if device.type == "cuda":
        pays = torch.cuda.is_bf16_supported()
    else:
        asked = (
            getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        )
        pays = any(ask() for ask in asked if ask is not None)
    context: AbstractContextManager[Any] = torch.autocast(device.type, torch.bfloat16, enabled=pays)
    return context


class roomy:
    """Turns the errors of a full memory into one that says what helps."""

    def __init__(self, mend: str) -> None:
        self.mend = mend

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Say what helps."""
        if isinstance(error, RuntimeError) and any(said in str(error).lower() for said in _NO_ROOM):
            raise MemoryError(f"the memory of the device is full; {self.mend}") from error
