"""Amazon's All Listings Report (GET_MERCHANT_LISTINGS_ALL_DATA): tab-separated, named columns, no quoting."""

import re
from collections.abc import Iterator
from typing import IO, Final

from promoflow.catalog.files import text
from promoflow.catalog.files.amounts import amount
from promoflow.catalog.files.lines import Line, Refuse, RefusedLine, Unreadable, asin_in
from promoflow.catalog.marketplaces import Marketplace
from promoflow.sheets import original

# The columns that are read. Amazon localises their names unless the account's report language is English; the
# names here are those that public importers list. Any other language is refused, with what to do.
COLUMNS: Final = {
    "seller-sku": (
        "Händler-SKU",
        "卖家 SKU",
        "SKU venditore",
        "sku-vendeur",
        "出品者SKU",
        "SKU del vendedor",
        "sku-sprzedawcy",
        "seller-sku (satıcı sku)",
        "sku-البائع",
    ),
    "price": ("Preis", "Prezzo", "prix", "precio", "価格", "价格", "cena", "price (fiyat)", "السعر"),
    "asin1": ("ASIN 1", "ASIN"),
    "product-id": (
        "Produkt-ID",
        "商品编码",
        "商品ID",
        "Identificativo del prodotto",
        "id-produit",
        "Identificador del producto",
        "identyfikator-produktu",
        "product-id (ürün numarası)",
        "رقم-المنتج",
    ),
    "product-id-type": (
        "Produkt-ID-Typ",
        "商品编码类型",
        "商品IDタイプ",
        "Tipo di identificativo del prodotto",
        "type-id-produit",
        "Tipo de identificador de producto",
        "typ-identyfikatora-produktu",
        "product-id-type (ürün numarası türü)",
        "نوع-رقم-المنتج",
    ),
    "item-name": (
        "Artikelbezeichnung",
        "商品名称",
        "商品名",
        "Nome dell'articolo",
        "nom-produit",
        "Título del producto",
        "nazwa-produktu",
        "item-name (ürün adı)",
        "اسم-المنتج",
    ),
    "status": ("stato", "état", "estado", "ステータス", "状态", "durum", "الحالة"),
    "quantity": (
        "Menge",
        "数量",
        "Quantità",
        "quantité",
        "cantidad",
        "在庫数",
        "ilość",
        "quantity (adet)",
        "الكمية",
    ),
    "image-url": (),
    "fulfillment-channel": (
        "fulfilment-channel",
        "Versender",
        "配送渠道",
        "Canale di gestione",
        "canal-traitement",
        "フルフィルメント・チャンネル",
        "Canal de gestión logística",
        "kanał-realizacji",
        "fulfillment-channel (dağıtım kanalı)",
        "قناة-الشحن",
    ),
}
REQUIRED: Final = ("seller-sku", "price", "item-name")
_ASIN_TYPE = "1"
_LARGEST_QUANTITY = 2_147_483_647


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.strip().strip('"').casefold())


_COLUMN_OF: Final = {_bare(name): column for column, names in COLUMNS.items() for name in (column, *names)}


class Listings:
    """A report being read. Quotation marks are characters like any other: the report is not CSV."""

    def __init__(self, file: IO[bytes], *, marketplace: Marketplace) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._decimals = marketplace.decimals
        self.encoding = text.encoding_of(file, japanese=marketplace.country == "JP")
        self.header = next(text.lines(file, self.encoding), "") or ""
        names = self.header.split("\t")
        self._width = len(names)
        self._place = _places(names)
        self._needed = max(self._place.values()) + 1

    @property
    def percent(self) -> int:
        return min(100, self._file.tell() * 100 // max(self._size, 1))

    def __iter__(self) -> Iterator[Line | RefusedLine]:
        lines = enumerate(text.lines(self._file, self.encoding), start=1)
        next(lines, None)
        for number, raw in lines:
            if raw is None:
                yield RefusedLine(number, "", "line-too-long")
            elif raw.strip():
                yield self._read(number, raw)

    def _read(self, number: int, raw: str) -> Line | RefusedLine:
        try:
            return self._line(number, raw)
        except Refuse as refusal:
            return refusal.of(number, raw)

    def _line(self, number: int, raw: str) -> Line:
        cells = self._cells(raw)
        return Line(
            number=number,
            raw=raw,
            asin=_asin(cells),
            sku=_sku(cells["seller-sku"]),
            title=" ".join(cells["item-name"].split())[:500],
            image_url=_picture(cells["image-url"]),
            price=amount(cells["price"], self._decimals) if cells["price"] else None,
            quantity=_quantity(cells["quantity"]),
            status=cells["status"][:20],
            channel=cells["fulfillment-channel"][:20],
        )

    def _cells(self, raw: str) -> dict[str, str]:
        if "\0" in raw:
            raise Refuse("character")
        cells = raw.split("\t")
        if len(cells) < self._needed:
            raise Refuse("columns-missing")
        if len(cells) > self._width and any(cells[self._width :]):
            raise Refuse("columns-too-many")
        return _NO_CELLS | {column: original(cells[place].strip()) for column, place in self._place.items()}


_NO_CELLS: Final = dict.fromkeys(COLUMNS, "")


def _places(names: list[str]) -> dict[str, int]:
    """Where each column that is read stands; of two columns of one name the first counts."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        column = _COLUMN_OF.get(_bare(name))
        if column:
            places.setdefault(column, place)
    missing = [column for column in REQUIRED if column not in places]
    if "asin1" not in places and not {"product-id", "product-id-type"} <= places.keys():
        missing.append("asin1")
    if missing:
        if len(names) == 1:
            raise Unreadable("no-tabs")
        raise Unreadable("columns-unknown", columns=", ".join(missing))
    return places


def _asin(cells: dict[str, str]) -> str:
    """asin1, or the product id where that is said to be an ASIN (type 1)."""
    found = cells["asin1"]
    if not found and cells["product-id-type"] == _ASIN_TYPE:
        found = cells["product-id"]
    return asin_in(found)


def _sku(found: str) -> str:
    if not found:
        raise Refuse("sku-missing")
    if len(found) > 60:
        raise Refuse("sku-too-long", found)
    return found


def _quantity(found: str) -> int | None:
    """Pieces in the seller's own stock; empty where Amazon fulfils."""
    if not found:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", found) or int(found) > _LARGEST_QUANTITY:
        raise Refuse("quantity-malformed", found)
    return int(found)


def _picture(found: str) -> str:
    """Only an address that a browser may fetch as a picture; a report has anything in this column."""
    return found if len(found) <= 500 and re.match(r"https://[^\s\"'<>]+$", found) else ""
