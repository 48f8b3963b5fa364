"""Compare two builds of the site, file by file:   python docs/_site/same.py FOLDER OTHER"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

_OWN = (".doctrees", ".buildinfo")
"""What Sphinx keeps for itself, with times and paths of the machine."""


def differences(folder: Path, other: Path) -> list[str]:
    """The files that only one of two folders has, and those that differ."""
    one, two = _digests(folder), _digests(other)
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def _digests(folder: Path) -> dict[str, str]:
    files = [
        path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in _OWN
    ]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    found = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print(*found, f"{len(found)} files differ", sep="\n")
    sys.exit(bool(found))
