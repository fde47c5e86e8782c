"""What several people settle together: two approvals, what they say to each other, and an amendment."""

from promoflow.promotions.management.demonstration import present
from promoflow.promotions.management.demonstration.clock import Clock
from promoflow.promotions.management.demonstration.deeds import (
    Life,
    approved,
    edited,
    marked_live,
    saying,
    submitted,
    verified,
)
from promoflow.promotions.management.demonstration.offers import coupon, percentage_off
from promoflow.rulebook.texts import as_text


def lives(clock: Clock) -> tuple[Life, ...]:
    return (_live(clock), _half_approved(clock), _amendment(clock))


def _live(clock: Clock) -> Life:
    return Life(
        what="live, verified, approved by two with warnings",
        by="hao",
        at=clock.day(-6, 19, 0),
        typed=percentage_off(
            "Sunrise alarm clock: half price for the club",
            "B0DAUSA001",
            percent=50,
            code="SUNCLUB50",
            careless=True,
            window=(clock.day(-2, 9), clock.day(5, 9)),
        ),
        deeds=(
            saying(
                submitted(
                    clock.day(-6, 19, 10), by="hao", reason="The code goes to 140 members by name, once each."
                ),
                ("sam", "@Hao Zhang 张浩 Is the second edition really leaving the shelf?"),
                ("hao", "Yes: the third one arrives next week, and 160 of these are left."),
            ),
            approved(clock.day(-6, 21, 0), by="sam", note="Fine for the last 160. Wei, please look too."),
            approved(clock.day(-5, 20, 15), by="wei", note="Floor kept; the members' list is in the folder."),
            marked_live(clock.day(-3, 18, 30), by="hao"),
            verified(clock.day(-3, 19, 5), by="sam"),
        ),
    )


def _half_approved(clock: Clock) -> Life:
    return Life(
        what="in review, one of two approvals given",
        by="mei",
        at=clock.ago(hours=11),
        typed=coupon(
            "Half price on the small diffuser",
            "B0DAUDF300",
            percent=50,
            window=(clock.day(9), clock.day(14)),
        ),
        deeds=(
            saying(
                submitted(clock.ago(hours=10.5), by="mei"),
                ("mei", "The large one keeps its price, so that the set still sells."),
            ),
            approved(clock.ago(hours=8), by="sam", note="Good for five days, not longer."),
        ),
    )


def _amendment(clock: Clock) -> Life:
    return Life(
        what="in review, an amendment of what runs",
        by="mei",
        at=clock.ago(hours=6),
        amends=present.SHEETS_COUPON,
        deeds=(
            edited(clock.ago(hours=5.9), by="mei", ends_at=as_text(clock.day(12))),
            submitted(clock.ago(hours=5.8), by="mei"),
        ),
    )
