"""Whether Chinese can be drawn here is asked of fontconfig; a Mac needs none."""

import sys

import pytest

from promoflow import fonts


@pytest.fixture(autouse=True)
def _asked_anew():
    fonts.has_chinese.cache_clear()
    yield
    fonts.has_chinese.cache_clear()


@pytest.mark.parametrize(("listed", "answer"), [("/fonts/wqy-microhei.ttc:\\n", True), ("", False)])
def test_fontconfig_says_whether_there_is_a_font(tmp_path, monkeypatch, listed, answer):
    program = tmp_path / "fc-list"
    program.write_text(f'#!/bin/sh\n[ "$1" = ":lang=zh" ] && printf "{listed}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert fonts.has_chinese() is answer


@pytest.mark.parametrize(("platform", "answer"), [("darwin", True), ("linux", False)])
def test_where_nobody_can_be_asked_only_a_mac_has_one(tmp_path, monkeypatch, platform, answer):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)

    assert fonts.has_chinese() is answer
