"""Reading Amazon's All Listings Report, without the database."""

import codecs
import io
from decimal import Decimal

import pytest

from promoflow.catalog.files import text
from promoflow.catalog.files.lines import REASONS, Line, RefusedLine, Unreadable, sentence
from promoflow.catalog.files.listings import Listings
from promoflow.catalog.marketplaces import MARKETPLACES
from tests.catalog.sending import COLUMNS, HEADER, SAMPLE, line, report

US = MARKETPLACES["ATVPDKIKX0DER"]
GB = MARKETPLACES["A1F83G8C2ARO7P"]
JP = MARKETPLACES["A1VC38T7YXB528"]
DE = MARKETPLACES["A1PA6795UKMFR9"]


def read(content, marketplace=US):
    reader = Listings(io.BytesIO(content), marketplace=marketplace)
    return list(reader), reader


def refusal(*cells, marketplace=US, **named):
    (found,), _reader = read(report(line(*(cells or ("S1", "B0AURORA01")), **named)), marketplace)
    assert isinstance(found, RefusedLine), found
    return found.reason, found.detail


def test_the_sample_report_is_read_whole():
    lines, reader = read(SAMPLE.read_bytes(), GB)

    assert [(one.number, one.asin, one.sku, one.price, one.status) for one in lines] == [
        (2, "B01I53BE4O", "1234567", Decimal("20"), "Active"),
        (3, "B004ADOCTI", "35-GFRR-W3VC", Decimal("0.02"), "Active"),
        (4, "B0041IZHVO", "ATV2", Decimal("10"), "Inactive"),
    ]
    assert lines[1].title == "Survive The Vibe [Audio CD]"
    assert (reader.encoding, reader.header, reader.percent) == ("utf-8-sig", HEADER, 100)


@pytest.mark.parametrize(
    ("encoding", "mark", "marketplace", "title", "found"),
    [
        ("utf-8", b"", GB, "Café – 4″ lámpara 台灯", "utf-8-sig"),
        ("utf-8", codecs.BOM_UTF8, GB, "Café 台灯", "utf-8-sig"),
        ("cp1252", b"", GB, "Café – naïve “lamp” €5", "cp1252"),
        ("cp1252", b"", GB, "Lampe Größe M, ÄÖÜ", "cp1252"),
        ("cp932", b"", JP, "①デスクランプ ～ソ能表", "cp932"),
        ("cp932", b"", JP, "ﾃﾞｽｸﾗﾝﾌﾟ 台灯 ブラック", "cp932"),
        ("gbk", b"", GB, "LED 台灯“暖光”，3档調光 囍", "gb18030"),
        ("gbk", b"", JP, "护眼台灯（大号）", "gb18030"),
        ("utf-8", b"", JP, "デスクランプ", "utf-8-sig"),
        ("utf-16", b"", GB, "Café 台灯", "utf-16"),
    ],
)
def test_titles_survive_their_encoding(encoding, mark, marketplace, title, found):
    content = "\r\n".join([HEADER, line("S1", "B0AURORA01", item_name=title, price="20")]).encode(encoding)

    lines, reader = read(mark + content, marketplace)

    assert [one.title for one in lines] == [title]
    assert reader.encoding == found


def test_bytes_that_no_encoding_explains_are_refused():
    content = report(line("S1", "B0AURORA01")) + b"\x81\x8d\x90"

    with pytest.raises(Unreadable, match="UTF-8"):
        read(content)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b\x08", b"%PDF-1.7"])
def test_other_kinds_of_file_are_named(start):
    with pytest.raises(Unreadable, match="not a text file"):
        read(start + report(line("S1", "B0AURORA01")))


def test_columns_are_found_by_name_wherever_they_stand():
    cells = dict(zip(COLUMNS, line("S1", "B0AURORA01").split("\t"), strict=True))
    turned = ["Minimum order quantity", *reversed(COLUMNS), "Sell remainder"]
    content = "\n".join(["\t".join(turned), "\t".join(cells.get(name, "9") for name in turned)]).encode()

    (found,), _reader = read(content)

    assert (found.sku, found.asin, found.price, found.quantity) == ("S1", "B0AURORA01", Decimal("19.99"), 5)


# As public importers list them: name, SKU, price, quantity, ASIN, status and channel.
LOCALISED = {
    "DE": "Artikelbezeichnung|Händler-SKU|Preis|Menge|ASIN 1|Status|Versender",
    "FR": "nom-produit|sku-vendeur|prix|quantité|asin1|état|canal-traitement",
    "IT": "Nome dell'articolo|SKU venditore|Prezzo|Quantità|ASIN 1|Stato|Canale di gestione",
    "ES": "Título del producto|SKU del vendedor|Precio|Cantidad|ASIN 1|Estado|Canal de gestión logística",
    "PL": "nazwa-produktu|sku-sprzedawcy|cena|ilość|asin1|Status|kanał-realizacji",
    "TR": (
        "item-name (ürün adı)|seller-sku (satıcı sku)|price (fiyat)|quantity (adet)|asin1|durum|"
        "fulfillment-channel (dağıtım kanalı)"
    ),
    "AE": "اسم-المنتج|sku-البائع|السعر|الكمية|asin1|الحالة|قناة-الشحن",
    "US": "商品名称|卖家 SKU|价格|数量|ASIN 1|状态|配送渠道",
    "JP": "商品名|出品者SKU|価格|在庫数|ASIN 1|ステータス|フルフィルメント・チャンネル",
}


@pytest.mark.parametrize("country", LOCALISED)
@pytest.mark.parametrize("ends_with", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_localised_headers_that_are_known_are_read(country, ends_with, mark):
    """Whichever language the account has: a seller in China has reports of the United States in Chinese."""
    marketplace = next(one for one in MARKETPLACES.values() if one.country == country)
    lines = [LOCALISED[country].replace("|", "\t"), "Lamp\tS1\t1980\t4\tB0AURORA01\tInactive\tDEFAULT", ""]

    (found,), _reader = read((mark + ends_with.join(lines)).encode(), marketplace)

    assert (found.title, found.sku, found.price, found.quantity) == ("Lamp", "S1", Decimal(1980), 4)
    assert (found.asin, found.status, found.channel) == ("B0AURORA01", "Inactive", "DEFAULT")


@pytest.mark.parametrize(
    ("country", "encoding"),
    [("DE", "cp1252"), ("FR", "cp1252"), ("ES", "cp1252"), ("JP", "cp932"), ("US", "gb18030")],
)
def test_localised_headers_are_read_in_the_code_pages_of_their_machines(country, encoding):
    marketplace = next(one for one in MARKETPLACES.values() if one.country == country)
    lines = [LOCALISED[country].replace("|", "\t"), "Lamp\tS1\t1980\t4\tB0AURORA01\tActive\tDEFAULT", ""]

    (found,), reader = read("\r\n".join(lines).encode(encoding), marketplace)

    assert (found.sku, found.price, found.quantity, reader.encoding) == ("S1", Decimal(1980), 4, encoding)


def test_the_japanese_report_without_asin1_is_read_by_product_id():
    names = ["商品名", "出品者SKU", "価格", "商品IDタイプ", "商品ID"]
    content = "\n".join(["\t".join(names), "ランプ\tS1\t1980\t1\tB0AURORA01"]).encode("cp932")

    (found,), _reader = read(content, JP)

    assert (found.asin, found.title) == ("B0AURORA01", "ランプ")


def test_missing_columns_are_named_with_what_to_do():
    header = HEADER.replace("seller-sku", "verkoper-sku").replace("\tprice\t", "\tprijs\t")

    with pytest.raises(Unreadable, match=r"seller-sku, price\..*report language to English"):
        read(report(header=header))


def test_a_report_that_names_no_asin_is_refused():
    with pytest.raises(Unreadable, match="asin1"):
        read(b"item-name\tseller-sku\tprice\tproduct-id\nLamp\tS1\t20\tB0AURORA01\n")


@pytest.mark.parametrize("content", [b"", b"\n", b"asin,floor_price\nB0AURORA01,3\n"])
def test_what_is_no_report_is_refused(content):
    with pytest.raises(Unreadable, match="no tabs"):
        read(content)


def test_quotation_marks_are_characters_like_any_other():
    title = 'Lamp 4" wide, "Aurora'

    (found, after), _reader = read(
        report(line("S1", "B0AURORA01", item_name=title), line("S2", "B0AURORA02"))
    )

    assert found.title == title
    assert after.sku == "S2"


def test_the_asin_is_asin1_else_a_product_id_of_type_1():
    lines, _reader = read(
        report(
            line("S1", "B0AURORA01", product_id="680242554716", product_id_type="3"),
            line("S2", "", product_id="B0AURORA02", product_id_type="1"),
            line("S3", "", product_id="0306406152", product_id_type="1"),
            line("S4", "", product_id="B0AURORA04", product_id_type="4"),
            line("S5", "b0aurora05"),
        )
    )

    assert [getattr(one, "asin", one[2]) for one in lines] == [
        "B0AURORA01", "B0AURORA02", "0306406152", "asin-missing", "B0AURORA05",
    ]  # fmt: skip


@pytest.mark.parametrize("asin", ["B0AURORA0", "B0AURORA011", "B0AURORA0!", "0306406153", "Ｂ0AURORA01"])
def test_what_is_no_asin_is_refused(asin):
    assert refusal("S1", asin) == ("asin-malformed", asin)


@pytest.mark.parametrize(
    ("price", "marketplace", "kept"),
    [
        ("20", US, "20"),
        ("0.02", US, "0.02"),
        ("19.9", US, "19.9"),
        ("19,99", DE, "19.99"),
        ("1,234.50", US, "1234.50"),
        ("1.234,50", DE, "1234.50"),
        ("1,234,567", US, "1234567"),
        ("1980", JP, "1980"),
        ("1,980", JP, "1980"),
        ("1980.00", JP, "1980"),
        ("", US, None),
    ],
)
def test_prices_are_read_as_they_are_written(price, marketplace, kept):
    (found,), _reader = read(report(line("S1", "B0AURORA01", price=price)), marketplace)

    assert found.price == (kept if kept is None else Decimal(kept))


@pytest.mark.parametrize(
    ("price", "marketplace", "reason"),
    [
        ("1,234", US, "price-ambiguous"),
        ("1.234", DE, "price-ambiguous"),
        ("19.999", US, "price-ambiguous"),
        ("1234.567", US, "price-decimals"),
        ("1980.50", JP, "price-decimals"),
        ("0", US, "price-not-positive"),
        ("0.00", US, "price-not-positive"),
        ("-5", US, "price-malformed"),
        ("1e5", US, "price-malformed"),
        ("NaN", US, "price-malformed"),
        ("$20", US, "price-malformed"),
        ("12,34,567", US, "price-malformed"),
        ("99999999999", US, "price-too-high"),
        ("9" * 400, US, "price-malformed"),
    ],
)
def test_prices_that_could_be_wrong_are_refused(price, marketplace, reason):
    assert refusal(marketplace=marketplace, price=price)[0] == reason


def test_each_other_refusal_names_its_reason():
    assert refusal("", "B0AURORA01")[0] == "sku-missing"
    assert refusal("S" * 61, "B0AURORA01")[0] == "sku-too-long"
    assert refusal(quantity="many") == ("quantity-malformed", "many")
    assert refusal(quantity="99999999999")[0] == "quantity-malformed"
    assert refusal(item_name="a\0b")[0] == "character"
    for content, reason in (
        (report("\t".join(["x"] * 5)), "columns-missing"),
        (report(line("S1", "B0AURORA01") + "\tone more"), "columns-too-many"),
        (report(line("S1", "B0AURORA01", item_description="x" * 70_000)), "line-too-long"),
    ):
        (found,), _reader = read(content)
        assert found.reason == reason


def test_a_line_too_long_does_not_swallow_the_next():
    lines, _reader = read(
        report(line("S1", "B0AURORA01", item_description="x" * 200_000), line("S2", "B0AURORA02"))
    )

    assert [type(one) for one in lines] == [RefusedLine, Line]
    assert lines[1].number == 3


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_may_end_as_any_machine_ends_it(end):
    content = end.join([HEADER, line("S1", "B0AURORA01"), line("S2", "B0AURORA02"), ""]).encode()

    lines, _reader = read(content)

    assert [(one.number, one.sku) for one in lines] == [(2, "S1"), (3, "S2")]


def test_a_carriage_return_inside_a_cell_ends_no_line():
    lines, _reader = read(report(line("S1", "B0AURORA01", item_description="a\rb"), line("S2", "B0AURORA02")))

    assert [one.sku for one in lines] == ["S1", "S2"]


def test_the_longest_line_is_read_in_pieces_of_bounded_size():
    content = report(line("S1", "B0AURORA01", item_description="x" * (text.LONGEST_LINE * 3)))

    assert [one is None for one in text.lines(io.BytesIO(content), "utf-8")] == [False, True]


def test_only_addresses_that_a_browser_may_fetch_become_pictures():
    lines, _reader = read(
        report(
            line("S1", "B0AURORA01", image_url="https://m.media-amazon.com/images/I/1.jpg"),
            line("S2", "B0AURORA02", image_url="javascript:alert(1)"),
            line("S3", "B0AURORA03", image_url='https://x.example/"onerror="'),
        )
    )

    assert [one.image_url for one in lines] == ["https://m.media-amazon.com/images/I/1.jpg", "", ""]


def test_titles_have_single_spaces():
    (found,), _reader = read(report(line("S1", "B0AURORA01", item_name=" Aurora  desk\u3000lamp \xa0 warm")))

    assert found.title == "Aurora desk lamp warm"


def test_titles_are_cut_to_what_is_kept():
    (found,), _reader = read(report(line("S1", "B0AURORA01", item_name="x" * 900)))

    assert len(found.title) == 500


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_a_sentence(reason):
    for decimals in (0, 2):
        assert sentence(reason, "50 %", decimals=decimals).endswith((".", ")."))
