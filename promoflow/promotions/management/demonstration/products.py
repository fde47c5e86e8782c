"""What the demonstration store sells, and the files by which it gets into the catalog."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from accounts.models import User
from promoflow.catalog.models import Store
from promoflow.catalog.services.products import Facts, change

# The columns of Amazon's All Listings Report, in its order.
HEADER: Final = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "product-id-type",
    "zshop-shipping-fee",
    "item-note",
    "item-condition",
    "zshop-category1",
    "zshop-browse-path",
    "zshop-storefront-feature",
    "asin1",
    "asin2",
    "asin3",
    "will-ship-internationally",
    "expedited-shipping",
    "zshop-boldface",
    "product-id",
    "bid-for-featured-placement",
    "add-delete",
    "pending-quantity",
    "fulfillment-channel",
    "merchant-shipping-group",
    "status",
)


class Listed(NamedTuple):
    """A product of the store; a parent has children, and no price: it cannot be bought by itself."""

    asin: str
    sku: str
    title: str
    price: str
    floor: str
    parent: str = ""


# Generation 2 and 3 differ by one character of the ASIN and one of the title: F003's first incident.
SPEAKER_2, SPEAKER_3 = "B0DAUHS2WH", "B0DAUHS3WH"
VACUUM, DUST_BAGS = "B0DAURV900", "B0DAURVBAG"
LAMPS, DUVETS, SHEETS = "B0DAUDL000", "B0DAUCD000", "B0DAUBS000"

PRODUCTS: Final = (
    Listed(SPEAKER_2, "AU-HS2-WHT", "Aurora Halo Speaker Gen 2, Bluetooth, White", "59.99", "24.00"),
    Listed(SPEAKER_3, "AU-HS3-WHT", "Aurora Halo Speaker Gen 3, Bluetooth, White", "79.99", "32.00"),
    Listed("B0DAUHS3BK", "AU-HS3-BLK", "Aurora Halo Speaker Gen 3, Bluetooth, Black", "79.99", "32.00"),
    Listed(VACUUM, "AU-RV9-GRY", "Aurora R9 Robot Vacuum with Self-Empty Base, Grey", "399.00", "179.00"),
    Listed("B0DAURV700", "AU-RV7-GRY", "Aurora R7 Robot Vacuum, Grey", "249.00", "125.00"),
    Listed(DUST_BAGS, "AU-RV-BAGS", "Aurora R9 Dust Bags, Pack of 6", "19.99", "8.00"),
    Listed(LAMPS, "AU-DL-PARENT", "Aurora Halo Desk Lamp", "", ""),
    Listed("B0DAUDL00W", "AU-DL-WARM", "Aurora Halo Desk Lamp, Warm White", "34.99", "17.50", LAMPS),
    Listed("B0DAUDL00C", "AU-DL-COOL", "Aurora Halo Desk Lamp, Cool White", "34.99", "17.50", LAMPS),
    Listed("B0DAUDL00D", "AU-DL-DIM", "Aurora Halo Desk Lamp, Dimmable, Black", "42.99", "21.50", LAMPS),
    Listed("B0DAUFL01B", "AU-FL-BLK", "Aurora Arc Floor Lamp, Black", "89.00", "48.00"),
    Listed("B0DAUFL01G", "AU-FL-GLD", "Aurora Arc Floor Lamp, Brushed Gold", "99.00", "52.00"),
    Listed("B0DAUSA001", "AU-SUN-2", "Aurora Sunrise Alarm Clock, 2nd Edition", "45.99", "20.00"),
    Listed("B0DAUNL003", "AU-NIGHT-3", "Aurora Motion Night Light, Pack of 3", "24.99", "10.00"),
    Listed(DUVETS, "AU-CD-PARENT", "Aurora Cloud Duvet Insert", "", ""),
    Listed("B0DAUCD00T", "AU-CD-T", "Aurora Cloud Duvet Insert, Twin", "59.00", "32.00", DUVETS),
    Listed("B0DAUCD00Q", "AU-CD-Q", "Aurora Cloud Duvet Insert, Queen", "79.00", "43.00", DUVETS),
    Listed("B0DAUCD00K", "AU-CD-K", "Aurora Cloud Duvet Insert, King", "99.00", "54.00", DUVETS),
    Listed(SHEETS, "AU-BS-PARENT", "Aurora Bamboo Sheet Set", "", ""),
    Listed("B0DAUBS00F", "AU-BS-F", "Aurora Bamboo Sheet Set, Full, Sage", "54.99", "29.00", SHEETS),
    Listed("B0DAUBS00Q", "AU-BS-Q", "Aurora Bamboo Sheet Set, Queen, Sage", "64.99", "34.00", SHEETS),
    Listed("B0DAUBS00K", "AU-BS-K", "Aurora Bamboo Sheet Set, King, Sage", "74.99", "39.00", SHEETS),
    Listed("B0DAUWB15L", "AU-WB-15", "Aurora Weighted Blanket, 15 lb, Navy", "69.90", "38.00"),
    Listed("B0DAUWB20L", "AU-WB-20", "Aurora Weighted Blanket, 20 lb, Navy", "79.90", "44.00"),
    Listed("B0DAUTB001", "AU-THROW", "Aurora Waffle Throw Blanket, Oat", "39.99", "19.00"),
    Listed("B0DAUAF6QT", "AU-AF-6", "Aurora Crisp Air Fryer, 6 qt", "119.00", "70.00"),
    Listed("B0DAUAF4QT", "AU-AF-4", "Aurora Crisp Air Fryer, 4 qt", "89.00", "52.00"),
    Listed("B0DAUKT17L", "AU-KT-17", "Aurora Gooseneck Kettle, 1.7 l", "64.50", "34.00"),
    Listed("B0DAUKT10L", "AU-KT-10", "Aurora Gooseneck Kettle, 1.0 l", "54.50", "29.00"),
    Listed("B0DAUCW12P", "AU-CW-12", "Aurora Ceramic Cookware Set, 12 Pieces", "159.00", "95.00"),
    Listed("B0DAUTW006", "AU-TW-6", "Aurora Kitchen Towels, Pack of 6", "22.50", "10.00"),
    Listed("B0DAUAP300", "AU-AP-300", "Aurora Pure 300 Air Purifier", "149.00", "85.00"),
    Listed("B0DAUAP400", "AU-AP-400", "Aurora Pure 400 Air Purifier with Night Mode", "189.00", "108.00"),
    Listed("B0DAUAPFIL", "AU-AP-FIL", "Aurora Pure Filter for 300 and 400", "34.50", "15.00"),
    Listed("B0DAUHM04L", "AU-HM-4", "Aurora Mist Humidifier, 4 l", "49.99", "26.00"),
    Listed("B0DAUDF300", "AU-DF-300", "Aurora Aroma Diffuser, 300 ml, Wood Grain", "29.99", "13.00"),
    Listed("B0DAUDF500", "AU-DF-500", "Aurora Aroma Diffuser, 500 ml, Wood Grain", "36.99", "16.00"),
    Listed("B0DAUCS004", "AU-CS-4", "Aurora Soy Candle Set, 4 Scents", "27.99", "11.00"),
    Listed("B0DAUBT001", "AU-BTM", "Aurora Bath Mat, Memory Foam, Grey", "21.99", "9.50"),
    Listed("B0DAUPF002", "AU-PF-2", "Aurora Photo Frame Set, 8 x 10 in", "26.99", ""),
)

# What the second report says otherwise, and what the third one, which waits to be applied, would change.
WEEK_LATER: Final = {"AU-AF-6": "124.00", "AU-FL-GLD": "94.00", "AU-CS-4": "25.99"}
TODAY: Final = {"AU-AP-300": "139.00", "AU-WB-20": "74.90", "AU-KT-10": "57.50"}
NEW_TODAY: Final = (
    Listed("B0DAUHS4WH", "AU-HS4-WHT", "Aurora Halo Speaker Gen 4, Bluetooth, White", "99.99", ""),
    Listed("B0DAURV9XX", "AU-RV9X-BLK", "Aurora R9X Robot Vacuum with Mop, Black", "499.00", ""),
)
# Reports have such lines: a listing without an ASIN, and a price that can be read as two.
BROKEN: Final = (
    Listed("", "AU-OLD-LAMP", "Aurora Table Lamp (discontinued)", "19.99", ""),
    Listed("B0DAUPF003", "AU-PF-3", "Aurora Photo Frame Set, 11 x 14 in", "26,999", ""),
)


def listing_report(changed: Mapping[str, str], *more: Listed) -> bytes:
    """The report as Seller Central gives it, with prices changed by SKU and these products besides."""
    prices = {product.sku: product.price for product in (*PRODUCTS, *more)} | dict(changed)
    rows = [_row(product, prices[product.sku], number) for number, product in enumerate([*PRODUCTS, *more])]
    return "\r\n".join("\t".join(row) for row in (HEADER, *rows)).encode() + b"\r\n"


def _row(product: Listed, price: str, number: int) -> list[str]:
    cells = {
        "item-name": product.title,
        "listing-id": f"0412ZA{number:03}QX",
        "seller-sku": product.sku,
        "price": price,
        "open-date": f"2026-0{1 + number % 9}-1{number % 9} 09:{number % 60:02}:00 PST",
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": product.asin,
        "product-id": product.asin,
        "fulfillment-channel": "AMAZON_NA",
        "status": "Active",
    }
    return [cells.get(column, "") for column in HEADER]


def floors() -> bytes:
    """The manager's sheet: what each product may not be sold below, and its parent."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["asin", "floor_price", "parent_asin"])
    for product in PRODUCTS:
        if product.floor or product.parent:
            sheet.writerow([product.asin, product.floor, product.parent])
    return text.getvalue().encode()


RAISED_FLOOR: Final = Decimal("15.00")


def raise_floor(store: Store, *, by: User, at: datetime) -> bool:
    """A dearer delivery raises a floor; whether it was still to be raised."""
    product = store.products.select_related("parent").get(asin=DUST_BAGS)
    seen = Facts.of(product)
    if seen.floor_price == RAISED_FLOOR:
        return False
    change(
        store=store,
        asin=product.asin,
        seen=seen,
        to=seen._replace(floor_price=RAISED_FLOOR),
        why="From the next delivery on the bags cost us five dollars more.",
        by=by,
        at=at,
    )
    return True
