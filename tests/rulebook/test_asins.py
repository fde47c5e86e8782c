"""ASINs and pasted lists of them."""

import pytest

from promoflow.rulebook import asins


@pytest.mark.parametrize("text", ["B08N5WRWNW", "B000000000", "BZZZZZZZZZ", "0306406152", "080442957X"])
def test_these_are_asins(text):
    assert asins.is_asin(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "B08N5WRWN",
        "B08N5WRWNWW",
        "b08n5wrwnw",
        "A08N5WRWNW",
        "B08N5WRWN-",
        "B08N5WRWNW\n",
        "0306406153",
        "X804429570",
        "B08N5WRWN\u0663",
        "\u0660306406152",
    ],
)
def test_these_are_not(text):
    assert not asins.is_asin(text)


def test_an_isbn_counts_its_check_digit_ten_as_x():
    assert asins.is_asin("080442957X")
    assert not asins.is_asin("0804429570")


@pytest.mark.parametrize(
    "separator", [" ", ",", ";", "\t", "\r\n", "\n\n", "|", ", ", "，", "；", "、", "\u00a0", "\ufeff"]
)
def test_any_separator_splits(separator):
    assert asins.split(separator.join(["B000000001", "B000000002"])) == ["B000000001", "B000000002"]


def test_asins_are_upper_cased_and_skus_keep_their_case():
    assert asins.split("b08n5wrwnw EP-black-01/x") == ["B08N5WRWNW", "EP-black-01/x"]


def test_order_is_kept_and_duplicates_are_folded():
    assert asins.split("B000000002 b000000001 B000000002 sku SKU sku") == [
        "B000000002",
        "B000000001",
        "sku",
        "SKU",
    ]


def test_nothing_splits_into_nothing():
    assert asins.split(" ,;\n") == []


@pytest.mark.parametrize(
    "link",
    [
        "https://www.amazon.com/dp/B000000001",
        "https://www.amazon.co.uk/Some-Title/dp/B000000001/ref=sr_1_1?keywords=x",
        "https://www.amazon.de/gp/product/b000000001?psc=1",
    ],
)
def test_a_link_to_a_product_is_its_asin(link):
    assert asins.split(link) == ["B000000001"]


def test_a_link_to_something_else_is_left_as_typed():
    assert asins.split("https://example.com/dp/B00000000123") == ["https://example.com/dp/B00000000123"]


@pytest.mark.parametrize("separator", ["/", ".", "。", "｡", "”“", "’", ") (", "】【", "／", "："])
def test_marks_between_asins_separate_them(separator):
    assert asins.split(separator.join(["B000000001", "B000000002"])) == ["B000000001", "B000000002"]


@pytest.mark.parametrize(
    "text",
    [
        "ASIN：B000000001",
        "asin: B000000001",
        "(ASIN:b000000001)",
        "[B000000001]",
        "（B000000001）",
        "“B000000001”",
        "「B000000001」",
        "B000000001.",
        "B000000001。",
        "Ｂ０００００００01",
    ],
)
def test_marks_around_an_asin_are_no_part_of_it(text):
    assert asins.split(text) == ["B000000001"]


@pytest.mark.parametrize(
    "sku", ["EP/black.01", "LAMP(2)", "(2)LAMP", "v1.0", "B000000001/x", "B000000001-", "a:b"]
)
def test_marks_inside_a_sku_stay(sku):
    assert asins.split(f"{sku}, other") == [sku, "other"]


def test_brackets_and_quotes_around_a_sku_are_no_part_of_it():
    assert asins.split("(EP-1) [EP-2] “EP-3”") == ["EP-1", "EP-2", "EP-3"]
