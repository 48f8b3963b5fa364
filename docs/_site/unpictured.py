"""Each public function has a picture: a script of the gallery that calls it, which its page of the API shows, also
where the script is newer than the page."""

from __future__ import annotations

from pathlib import Path
from types import FunctionType
from typing import Any

from api_pages import public_names
from sphinx.application import Sphinx
from sphinx.util import logging

_AFTER_THE_GALLERY = 900


def setup(app: Sphinx) -> dict[str, Any]:
    """Look once the gallery has been drawn; with ``-W`` what is found is an error."""
    app.connect("builder-inited", _check, priority=_AFTER_THE_GALLERY)
    app.connect("env-get-outdated", _with_new_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _check(app: Sphinx) -> None:
    pictures = Path(app.srcdir) / app.config.sphinx_gallery_conf["backreferences_dir"]
    missing = []
    for name, member in public_names():
        shown_by = pictures / f"{name}.examples"
        if isinstance(member, FunctionType) and not (shown_by.is_file() and shown_by.stat().st_size):
            missing.append(name)
    if missing:
        logging.getLogger(__name__).warning(
            "no script of examples/ shows %s: call each in one, by its name", ", ".join(missing)
        )


def _with_new_pictures(app: Sphinx, env: Any, added: Any, changed: Any, removed: Any) -> list[str]:
    """The pages of names that other scripts show than when they were last read: Sphinx looks at sources alone."""
    pictures = Path(app.srcdir) / app.config.sphinx_gallery_conf["backreferences_dir"]
    read = {name.rpartition("/")[2]: (name, time) for name, time in env.all_docs.items() if "/generated/" in name}
    shown_by = {path.stem: path.stat().st_mtime * 1e6 for path in pictures.glob("*.examples")}
    return [name for stem, (name, time) in read.items() if shown_by.get(stem, 0.0) > time]
