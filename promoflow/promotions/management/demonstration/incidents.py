"""The two incidents of F003, as drafts that the desk refuses, and what runs beside them."""

from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.management.demonstration.deeds import (
    Life,
    approved,
    marked_live,
    submitted,
    verified,
)
from promoflow.promotions.management.demonstration.offers import coupon, social_code
from promoflow.promotions.management.demonstration.products import SPEAKER_3, VACUUM

WRONG_PRODUCT = "incident: the social code on the wrong product"
COUPON_ON_THE_OTHER = "live, verified, on the product that looks the same"
TOO_EARLY = "incident: the coupon set four hours too early"
CODE_BEFORE = "live, verified, until two hours before"


def lives(clock: Clock) -> tuple[Life, ...]:
    return (
        _the_coupon_on_generation_3(clock),
        _the_code_on_the_vacuum(clock),
        _meant_for_generation_2(clock),
        _two_hours_after_the_code(clock),
    )


def _the_coupon_on_generation_3(clock: Clock) -> Life:
    return Life(
        what=COUPON_ON_THE_OTHER,
        by="hao",
        at=clock.day(-5, 18, 20),
        typed=coupon(
            "Halo Speaker Gen 3 holiday coupon",
            SPEAKER_3,
            percent=45,
            window=(clock.day(-2), clock.day(8)),
            budget=1500,
        ),
        deeds=(
            submitted(clock.day(-5, 18, 40), by="hao"),
            approved(clock.day(-4, 19, 5), by="wei"),
            # Nothing that is known ends it, and it is deep: it takes two.
            approved(clock.day(-4, 21, 40), by="sam"),
            marked_live(clock.day(-3, 19, 10), by="hao"),
            verified(clock.day(-3, 19, 40), by="sam"),
        ),
    )


def _the_code_on_the_vacuum(clock: Clock) -> Life:
    return Life(
        what=CODE_BEFORE,
        by="mei",
        at=clock.day(-4, 18, 5),
        typed=social_code(
            "R9 vacuum launch with CleanHome creators",
            VACUUM,
            code="9CLEANHX",
            percent=50,
            window=(clock.day(-2, 9), clock.day(4, 22)),
        ),
        deeds=(
            submitted(clock.day(-4, 18, 15), by="mei"),
            approved(clock.day(-4, 20, 30), by="sam", note="Stock for the launch is reserved."),
            approved(clock.day(-4, 22, 15), by="wei"),
            marked_live(clock.day(-3, 18, 30), by="mei"),
            verified(clock.day(-3, 19, 0), by="wei"),
        ),
    )


def _meant_for_generation_2(clock: Clock) -> Life:
    """Whoever drafted it picked generation 3, which has a coupon; both would come off."""
    return Life(
        what=WRONG_PRODUCT,
        by="mei",
        at=clock.ago(minutes=50),
        typed=social_code(
            "Clear out Halo Speaker Gen 2 with AudioBites",
            SPEAKER_3,
            code="2BYTESGEN2",
            percent=55,
            window=(clock.day(3, 9), clock.day(6, 9)),
        ),
    )


def _two_hours_after_the_code(clock: Clock) -> Life:
    """It starts at midnight, two hours after the code ends, and Amazon may start it six hours early."""
    return Life(
        what=TOO_EARLY,
        by="mei",
        at=clock.ago(minutes=35),
        typed=coupon(
            "R9 vacuum half price right after the launch code",
            VACUUM,
            percent=50,
            window=(clock.day(5), clock.day(8)),
            budget=5000,
        ),
    )
