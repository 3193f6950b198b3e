"""Chromium without a window, and a record of what a page does in it; tests are skipped where it is missing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.programs import program

_QUIET = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update")

CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgb = colour => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = colour => {
        const [r, g, b] = rgb(colour).slice(0, 3).map(v => v / 255).map(
            v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = node => {
        for (let at = node; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (rgb(colour)[3] === 255) return colour;
        }
    };
    const own = node => [...node.childNodes].some(each => each.nodeType === 3 && each.data.trim());
    return [...document.body.querySelectorAll("*")].filter(own).map(node => {
        const [dark, light] = [getComputedStyle(node).color, ground(node)].map(luminance).sort((a, b) => a - b);
        return [node.tagName + " " + node.textContent.slice(0, 40), (light + 0.05) / (dark + 0.05)];
    });
}"""
"""How well each text can be read: the ratio of its colour and its ground, as WCAG 2 has it."""


class Watched:
    """A page of the browser, with its requests and its messages."""

    def __init__(self, browser: Browser, file: Path, **settings: Any) -> None:
        self.context = browser.new_context(**settings)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.url = file.as_uri()
        self.context.route("**/*", self._answer)
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(self.url)

    def _answer(self, route: Route) -> None:
        if route.request.url == self.url:
            route.continue_()
        else:
            route.abort()

    def assert_quiet(self) -> None:
        assert (self.asked, self.said) == ([self.url], [])
        self.context.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield the browser, or skip the test."""
    path = program(("chromium", "chromium-browser", "google-chrome"), "chromium", "fonts-dejavu-core")
    if path is None:
        pytest.skip("Chromium is not installed")
    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *unconfined])
        try:
            yield running
        finally:
            running.close()
