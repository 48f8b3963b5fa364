"""The command that says what this installation is, for reports of faults and for whoever lacks something."""

from __future__ import annotations

from json import dumps

from classicseg.extras.cli.ordinary import Json
from classicseg.extras.doctor import diagnosis


def doctor(*, json: Json = False) -> int:
    """Say what is installed: versions, engine, threads, the cache of kernels, and what each extra lacks."""
    found = diagnosis()
    if json:
        print(dumps(found))
        return 0
    for name, version in found["versions"].items():
        print(f"{name} {version or 'is not installed'}")
    cache = found["cache"]
    kept = "kept nowhere: each process compiles its own"
    if cache is not None:
        kept = f"{cache['kernels']} kernels, {cache['bytes'] / 1e6:.1f} MB in {cache['folder']}"
    print(f"machine: {found['machine']}")
    print(f"kernels run by {found['engine']} in {found['workers']} threads; {kept}")
    for extra, names in found["missing"].items():
        print(f"for {extra}, {', '.join(names)} is missing: pip install 'classicseg[{extra}]'")
    if not found["missing"]:
        print("nothing is missing")
    return 0
