"""The command that teaches a shell the names of commands, options and words."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

_INTO = {
    "bash": 'eval "$(classicseg completion bash)"  in ~/.bashrc',
    "zsh": "classicseg completion zsh > a folder of $fpath/_classicseg",
    "fish": "classicseg completion fish > ~/.config/fish/completions/classicseg.fish",
}


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        Parameter(help="Whose script to print: " + "; ".join(_INTO.values()) + "."),
    ],
    /,
) -> int:
    """Print a script with which the Tab key completes commands, options and words."""
    from classicseg.extras.cli.commands import application

    print(application().generate_completion(prog_name="classicseg", shell=shell))
    return 0
