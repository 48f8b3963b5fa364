"""The command that compiles ahead."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.cli.report import command_name
from classicseg.extras.warmup import DTYPES, warm_up


def warmup(
    *,
    methods: Annotated[
        list[str] | None,
        Parameter(
            help="The methods, such as boundary,watershed; all without it.",
            consume_multiple=True,
            negative_iterable="",
        ),
    ] = None,
    dtypes: Annotated[
        list[str] | None,
        Parameter(
            help=f"The numbers that images have, such as uint16; {','.join(DTYPES)} without it.",
            consume_multiple=True,
            negative_iterable="",
        ),
    ] = None,
) -> int:
    """Compile ahead what first calls need: once on each machine, or while a container is built."""
    known = {command_name(name): name for name in segmenter_names()}
    wanted = None if methods is None else _words(methods)
    for word in wanted or ():
        if word not in known:
            raise ValueError(f"--methods: there is no method {word!r}; expected some of {', '.join(known)}")
    names = None if wanted is None else [known[word] for word in wanted]
    done = warm_up(names, DTYPES if dtypes is None else _words(dtypes))
    said = f"{done.n_compiled} compiled now" if done.n_compiled else "nothing left to compile"
    print(
        f"{done.n_kernels} kernels are ready, {said}, in {done.seconds:.1f} s; "
        f"{done.n_bytes / 1e6:.1f} MB in {done.directory}"
    )
    return 0


def _words(given: list[str]) -> list[str]:
    """Words apart, whether by commas or by spaces."""
    return [word for item in given for word in item.split(",") if word]
