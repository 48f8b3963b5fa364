"""The command that compiles ahead."""

from __future__ import annotations

import re
from json import dumps
from typing import Annotated

from cyclopts import Parameter

from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.cli.mistakes import did_you_mean
from classicseg.extras.cli.ordinary import Json, Quiet, keep_quiet
from classicseg.extras.cli.report import command_name
from classicseg.extras.signatures import Words
from classicseg.extras.warmup import DTYPES, warm_up

_NAMES = Words(re.compile(r"[a-z][a-z0-9-]*"), "boundary,watershed")


def warmup(
    *,
    methods: Annotated[
        list[str] | None,
        Parameter(
            help="The methods, such as boundary,watershed; all without it.",
            negative_iterable="",
        ),
        _NAMES,
    ] = None,
    dtypes: Annotated[
        list[str] | None,
        Parameter(
            help=f"The numbers that images have, such as uint16; {','.join(DTYPES)} without it.",
            negative_iterable="",
        ),
        _NAMES,
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> int:
    """Compile ahead what first calls need: once on each machine, or while a container is built."""
    known = {command_name(name): name for name in segmenter_names()}
    for word in methods or ():
        if word not in known:
            mend = did_you_mean(word, known) or f"expected some of {', '.join(known)}"
            raise ValueError(f"--methods has {word}; {mend}")
    keep_quiet(quiet)
    names = None if methods is None else [known[word] for word in methods]
    done = warm_up(names, DTYPES if dtypes is None else dtypes)
    if json:
        print(dumps(done._asdict(), default=str))
    if json or quiet:
        return 0
    said = f"{done.n_compiled} compiled now" if done.n_compiled else "nothing left to compile"
    print(
        f"{done.n_kernels} kernels are ready, {said}, in {done.seconds:.1f} s; "
        f"{done.n_bytes / 1e6:.1f} MB in {done.directory}"
    )
    return 0
