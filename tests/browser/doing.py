"""What people do on the desk's pages, and what the pages ask for meanwhile."""

import re

from playwright.sync_api import Page, Request

from tests.browser.ahead import day
from tests.promotions.lives import LAMP


def draft(page):
    page.get_by_role("link", name="New request").click()
    page.get_by_role("radio", name=re.compile("^Coupon")).check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("ASINs or SKUs").fill(LAMP)
    page.get_by_label("Discount", exact=True).last.fill("20")
    page.get_by_label("First day").fill(day(10))
    page.get_by_label("Last day").fill(day(12))
    page.get_by_role("textbox", name="Title").fill("Lamps for the long nights")
    page.get_by_label("Budget").fill("500")


def read_off_seller_central(page, *, discount="20"):
    page.get_by_label("ASINs in it", exact=True).fill(LAMP)
    page.get_by_label("Type of discount", exact=True).select_option("percent")
    page.get_by_label("Discount", exact=True).fill(discount)
    page.get_by_label("First day", exact=True).fill(day(10))
    page.get_by_label("Last day", exact=True).fill(day(12))
    page.get_by_label("Budget", exact=True).fill("500")
    page.get_by_label("One per customer", exact=True).select_option("yes")


def asked_for(page: Page) -> list[str]:
    """What the page's script asks for from now on, but for whether its person is still signed in."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type == "xhr" and not request.url.endswith("/here/"):
            asked.append(request.url)

    page.on("request", note)
    return asked
