"""What the desk is busy with: what runs, what is scheduled, what waits for somebody, and drafts."""

from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.management.demonstration.deeds import (
    Life,
    approved,
    edited,
    marked_live,
    submitted,
    verified,
)
from promoflow.promotions.management.demonstration.offers import (
    best_deal,
    coupon,
    lightning_deal,
    percentage_off,
    price_discount,
    social_code,
)
from promoflow.promotions.management.demonstration.products import DUST_BAGS, SHEETS

ARC_BLACK, CANDLES = "B0DAUFL01B", "B0DAUCS004"
SHEETS_COUPON = "live, verified, a parent with its children"


def lives(clock: Clock) -> tuple[Life, ...]:
    return (*_live(clock), *_approved(clock), *_in_review(clock), *_drafts(clock))


def _live(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what=SHEETS_COUPON,
            by="mei",
            at=clock.day(-4, 18, 50),
            typed=coupon(
                "Bamboo sheets in every size",
                SHEETS,
                percent=20,
                window=(clock.day(-1), clock.day(9)),
                budget=2500,
            ),
            deeds=(
                submitted(clock.day(-4, 19, 0), by="mei"),
                approved(clock.day(-4, 21, 30), by="sam"),
                marked_live(clock.day(-3, 18, 0), by="mei"),
                verified(clock.day(-3, 18, 25), by="wei"),
            ),
        ),
        Life(
            what="live, overdue for verification",
            by="hao",
            at=clock.day(-3, 18, 0),
            typed=price_discount(
                "Prime members: 15 % off the black Arc lamp",
                ARC_BLACK,
                percent=15,
                window=(clock.hour(-6), clock.hour(66)),
            ),
            deeds=(
                submitted(clock.day(-3, 18, 10), by="hao"),
                approved(clock.day(-2, 20, 0), by="sam"),
                marked_live(clock.ago(hours=5), by="hao"),
            ),
        ),
        Life(
            what="live, not yet verified",
            by="mei",
            at=clock.day(-2, 18, 40),
            typed=percentage_off(
                "Night lights: 10 % off at the checkout",
                "B0DAUNL003",
                percent=10,
                window=(clock.hour(-1), clock.hour(119)),
            ),
            deeds=(
                submitted(clock.day(-2, 18, 45), by="mei"),
                approved(clock.ago(hours=9), by="wei"),
                marked_live(clock.ago(minutes=18), by="mei"),
            ),
        ),
        Life(
            what="live, verified, ending soon",
            by="mei",
            at=clock.day(-9, 18, 0),
            typed=best_deal(
                "Best Deal on the 6 qt air fryer",
                "B0DAUAF6QT",
                price="94.00",
                units=300,
                window=(clock.day(-5, 0), clock.hour(20)),
            ),
            deeds=(
                submitted(clock.day(-9, 18, 20), by="mei"),
                approved(clock.day(-8, 20, 0), by="sam"),
                marked_live(clock.day(-6, 19, 0), by="mei"),
                verified(clock.day(-6, 19, 50), by="wei"),
            ),
        ),
    )


def _approved(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="approved, not yet marked live",
            by="mei",
            at=clock.day(-2, 20, 0),
            typed=social_code(
                "Waffle throw with HomeNook",
                "B0DAUTB001",
                code="7HOMENXK",
                percent=25,
                window=(clock.hour(-2), clock.hour(166)),
            ),
            deeds=(
                submitted(clock.day(-2, 20, 10), by="mei"),
                approved(clock.ago(hours=11), by="wei"),
            ),
        ),
        Life(
            what="approved, scheduled",
            by="hao",
            at=clock.day(-3, 21, 0),
            typed=coupon(
                "Kettle coupon for the tea season",
                "B0DAUKT17L",
                percent=15,
                window=(clock.day(3), clock.day(10)),
                budget=800,
            ),
            deeds=(
                submitted(clock.day(-3, 21, 5), by="hao"),
                approved(clock.ago(hours=12), by="sam"),
            ),
        ),
        Life(
            what="approved twice, scheduled",
            by="mei",
            at=clock.day(-6, 21, 0),
            typed=best_deal(
                "Best Deal on the humidifier",
                "B0DAUHM04L",
                price="34.90",
                units=100,
                window=(clock.day(4, 0), clock.day(9, 0)),
            ),
            deeds=(
                submitted(clock.day(-6, 21, 10), by="mei"),
                approved(clock.day(-5, 20, 0), by="sam"),
                edited(clock.day(-4, 22, 0), by="mei", discount_value="36.90"),
                submitted(clock.day(-4, 22, 5), by="mei"),
                approved(
                    clock.day(-3, 20, 30),
                    by="wei",
                    note="Two dollars better than before; the note to the warehouse stands.",
                ),
            ),
        ),
        Life(
            what="scheduled, below a floor that was raised since",
            by="hao",
            at=clock.day(-2, 19, 0),
            typed=percentage_off(
                "Dust bags: 30 % off before the holidays",
                DUST_BAGS,
                percent=30,
                window=(clock.day(5, 9), clock.day(12, 9)),
            ),
            deeds=(
                submitted(clock.day(-2, 19, 5), by="hao"),
                approved(clock.day(-2, 21, 0), by="sam"),
            ),
        ),
    )


def _in_review(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="in review, hours left",
            by="mei",
            at=clock.ago(hours=4),
            typed=lightning_deal(
                "Lightning Deal on the Pure 400",
                "B0DAUAP400",
                price="139.00",
                units=120,
                window=(clock.hour(29), clock.hour(37)),
            ),
            deeds=(submitted(clock.ago(hours=3.8), by="mei"),),
        ),
        Life(
            what="in review",
            by="hao",
            at=clock.ago(hours=7),
            typed=coupon(
                "Gold Arc lamp coupon", "B0DAUFL01G", percent=25, window=(clock.day(3), clock.day(10))
            ),
            deeds=(submitted(clock.ago(hours=6.5), by="hao"),),
        ),
        Life(
            what="in review, with warnings",
            by="hao",
            at=clock.ago(hours=19),
            typed=percentage_off(
                "Filter club: 30 % with a code",
                "B0DAUAPFIL",
                percent=30,
                code="FILTERCLUB",
                careless=True,
                window=(clock.day(5, 9), clock.day(12, 9)),
            ),
            deeds=(
                submitted(
                    clock.ago(hours=18),
                    by="hao",
                    reason="The newsletter goes to registered owners only, who need two filters a year.",
                ),
            ),
        ),
        Life(
            what="in review, first of two that exclude each other",
            by="mei",
            at=clock.ago(hours=22),
            typed=coupon(
                "Candle coupon for gifts", CANDLES, percent=20, window=(clock.day(6), clock.day(12))
            ),
            deeds=(submitted(clock.ago(hours=21.5), by="mei"),),
        ),
        Life(
            what="in review, second of two that exclude each other",
            by="hao",
            at=clock.ago(hours=2),
            typed=social_code(
                "Candles with SlowEvenings",
                CANDLES,
                code="4SLOWEVE",
                percent=25,
                window=(clock.day(8, 9), clock.day(14, 9)),
            ),
            deeds=(
                submitted(
                    clock.ago(hours=1.7),
                    by="hao",
                    reason="The creators' dates are fixed. Mei would move the coupon.",
                ),
            ),
        ),
    )


def _drafts(clock: Clock) -> tuple[Life, ...]:
    return (
        Life(
            what="draft, nothing against it",
            by="mei",
            at=clock.ago(hours=1.2),
            typed=coupon(
                "Dimmable desk lamp: back to work",
                "B0DAUDL00D",
                percent=10,
                window=(clock.day(7), clock.day(14)),
            ),
        ),
        Life(
            what="draft, too deep beside what runs",
            by="hao",
            at=clock.ago(minutes=70),
            typed=percentage_off(
                "Black Arc lamp: 40 % at the checkout",
                ARC_BLACK,
                percent=40,
                window=(clock.hour(30), clock.hour(60)),
            ),
        ),
        Life(
            what="draft, without a floor price",
            by="hao",
            at=clock.day(-2, 21, 0),
            typed=coupon(
                "Photo frames for graduation",
                "B0DAUPF002",
                percent=20,
                window=(clock.day(12), clock.day(20)),
            ),
        ),
    )
