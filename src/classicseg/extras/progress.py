"""A bar on standard error, for work that takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Iterable[Item], doing: str, n_items: int, *, shown: bool = True) -> Iterator[Item]:
    """Go through the items with a bar, where there are several, a terminal shows it and rich is installed."""
    if shown and n_items > 1:
        try:
            from rich.console import Console
            from rich.progress import track
        except ImportError:
            return iter(items)
        console = Console(stderr=True)
        if console.is_terminal:
            return iter(track(items, doing, n_items, console=console, transient=True))
    return iter(items)


@contextmanager
def bar(doing: str, n_items: int) -> Iterator[Callable[..., None]]:
    """A bar for work that is done elsewhere: yields what takes how many are done, and a name."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield lambda done, name="": None
        return
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(doing, total=n_items)
        yield lambda done, name="": shown.update(task, completed=done, description=f"{doing} {name}".strip())


@contextmanager
def counted(doing: str, n_steps: int, *, shown: bool = True) -> Iterator[Callable[[str], object]]:
    """A bar that goes on by one step a call, which is given a name."""
    if not shown:
        yield lambda name: None
        return
    with bar(doing, n_steps) as show:
        n_done = iter(range(1, n_steps + 1))
        yield lambda name: show(next(n_done, n_steps), name)
