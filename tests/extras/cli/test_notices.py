"""What the library says while it works is a line on standard error, unless nobody wants to hear it."""

from __future__ import annotations

import logging

import pytest

from classicseg.extras.cli.notices import notices_printed, print_no_more

LOGGER = logging.getLogger("classicseg")


def test_a_notice_is_one_line_on_standard_error(capsys, monkeypatch):
    monkeypatch.delenv("CLASSICSEG_QUIET", raising=False)
    with notices_printed():
        LOGGER.info("compiling\n kernels")
    LOGGER.info("nobody listens")
    assert capsys.readouterr() == ("", "classicseg: compiling kernels\n")


@pytest.mark.parametrize("by", ["the environment", "--quiet"])
def test_it_is_silenced(by, capsys, monkeypatch):
    monkeypatch.setenv("CLASSICSEG_QUIET", "1" if by == "the environment" else "")
    level = LOGGER.level
    with notices_printed():
        if by == "--quiet":
            print_no_more()
        LOGGER.info("compiling kernels")
    assert capsys.readouterr() == ("", "")
    assert LOGGER.level == level, "for one command only"
