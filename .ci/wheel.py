"""What a wheel has beside the package: the manual page, where `make man` has made it before."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManPage(BuildHookInterface):
    """Puts the page where `man` looks, below the environment that the wheel is installed in."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the page to the files of the wheel."""
        page = Path(self.root, "build", "man", "classicseg.1")
        if page.exists():
            build_data["shared_data"][str(page)] = "share/man/man1/classicseg.1"
