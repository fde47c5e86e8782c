"""The names and texts of findings and of their ways out, by code; `sentences` says which one speaks."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Texts = Mapping[str, str | Promise]

MEETINGS = ("kinds-forbidden", "cooling-off", "kinds-doubtful", "may-still-run", "review-conflict")

# What lists call a finding of which only the key is at hand.
NAMES: Texts = {
    "kinds-forbidden": _("Two kinds that never meet"),
    "cooling-off": _("Too close to a kind that it never meets"),
    "kinds-doubtful": _("Two kinds that add up"),
    "may-still-run": _("May run at Amazon although it is approved no more"),
    "review-conflict": _("Only one of two in review can be approved"),
    "unknown-kind": _("Unknown kind"),
    "no-products": _("No product chosen"),
    "in-past": _("Start has passed"),
    "too-late": _("Too late for Amazon"),
    "product-unknown": _("Product not in the catalog"),
    "price-missing": _("No price"),
    "currency-differs": _("Another currency than the price"),
    "not-a-discount": _("Takes nothing off"),
    "below-floor": _("Below the floor price"),
    "free": _("Given away"),
    "review-below-floor": _("Below the floor price together with one in review"),
    "floor-assumed": _("Floor price assumed"),
    "discount-outside-limits": _("Discount outside Amazon's limits"),
    "several-in-one-deal": _("A deal on several products"),
    "code-reused": _("Claim code in use"),
    "no-redemption-cap": _("No cap on redemptions"),
    "group-code-unlimited": _("Group code without a greatest number of units"),
    "budget-not-a-cap": _("Budget that is no cap"),
    "coupon-on-several-units": _("Coupon on several units of an order"),
    "blackout": _("Days kept free of promotions"),
    "family-grown": _("Variations that came in later"),
    "small-steps": _("Small steps that add up"),
    "costs-much": _("May cost much"),
    "no-way-back": _("Cannot be cancelled late"),
    "reference-price": _("Reference price lowered by a deal"),
    "code-shared-with-influencers": _("Code that Amazon shares with influencers"),
    "unseen-prices": _("Prices that the desk does not know"),
}

# What stands on the product beside the candidate; of cooling-off by who is first. Where it was stopped or
# shortened, it is what shoppers may still redeem that meets the candidate.
BESIDE: Texts = {
    "kinds-forbidden": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s from %(other_start)s to "
        "%(other_end)s (%(zone)s)."
    ),
    "kinds-doubtful": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s from %(other_start)s to "
        "%(other_end)s (%(zone)s)."
    ),
    "may-still-run": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) was approved for %(asin)s from %(other_start)s to "
        "%(other_end)s (%(zone)s), but it was withdrawn, edited or overtaken by time before anybody marked "
        "it live. If it was set up in Seller Central, it runs there until %(other_tail)s."
    ),
    "review-conflict": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) is also in review, for %(asin)s from "
        "%(other_start)s to %(other_end)s (%(zone)s)."
    ),
    "kinds-forbidden one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s all day on %(other_start)s "
        "(%(zone)s)."
    ),
    "kinds-doubtful one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s all day on %(other_start)s "
        "(%(zone)s)."
    ),
    "may-still-run one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) was approved for %(asin)s all day on "
        "%(other_start)s (%(zone)s), but it was withdrawn, edited or overtaken by time before anybody marked "
        "it live. If it was set up in Seller Central, it runs there until %(other_tail)s."
    ),
    "review-conflict one day": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) is also in review, for %(asin)s all day on "
        "%(other_start)s (%(zone)s)."
    ),
    "cooling-off before": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) runs on %(asin)s until %(other_tail)s "
        "(%(zone)s), and this one may start as early as %(danger_start)s."
    ),
    "cooling-off after": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) may start on %(asin)s as early as "
        "%(other_danger_start)s (%(zone)s), and this one is not surely over before %(danger_end)s."
    ),
    "stopped": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) on %(asin)s was stopped on %(other_stopped)s "
        "(%(zone)s), but shoppers may still redeem it until %(other_tail)s, and this one may start as "
        "early as %(danger_start)s."
    ),
    "shortened": _(
        "%(others)s (%(other_kind)s, %(other_discount)s) on %(asin)s ends early on %(other_stopped)s "
        "(%(zone)s), but shoppers may still redeem it until %(other_tail)s, and this one may start as "
        "early as %(danger_start)s."
    ),
}

# What follows from it, by what is known of the price.
TOGETHER: Texts = {
    "never priced": _(
        "These two kinds never meet (%(kind)s, %(other_kind)s): together they would sell it for %(price)s; "
        "its floor is %(floor)s."
    ),
    "never free": _(
        "These two kinds never meet (%(kind)s, %(other_kind)s): together they would give it away for "
        "%(price)s; its floor is %(floor)s."
    ),
    "never unpriced": _(
        "These two kinds never meet (%(kind)s, %(other_kind)s), and without its price nobody can say what "
        "shoppers would pay."
    ),
    "doubtful priced": _(
        "These two kinds add up (%(kind)s, %(other_kind)s): together they would sell it for %(price)s; its "
        "floor is %(floor)s."
    ),
    "doubtful free": _(
        "These two kinds add up (%(kind)s, %(other_kind)s): together they would give it away for %(price)s;"
        " its floor is %(floor)s."
    ),
    "doubtful unpriced": _(
        "These two kinds add up (%(kind)s, %(other_kind)s), and without its price nobody can say what "
        "shoppers would pay."
    ),
    "allowed priced": _("Together they would sell it for %(price)s; its floor is %(floor)s."),
    "allowed free": _("Together they would give it away for %(price)s; its floor is %(floor)s."),
}

FOUND: Texts = {
    "unknown-kind": _("The kind %(kind)s is not known here, so nothing about it can be checked."),
    "no-products": _("No product is chosen, so nothing has been checked."),
    "in-past": _("Its start, %(start)s (%(zone)s), has passed."),
    "too-late": _(
        "It was to be decided by %(decide_by)s (%(zone)s): Amazon takes a change of this kind (%(kind)s) no"
        " later than %(hours)s hours before its start, %(start)s."
    ),
    "product-unknown": _("%(asin)s is not in this store's catalog, so nothing about it can be checked."),
    "price-missing": _("%(asin)s has no price, so nobody can say what shoppers would pay."),
    "currency-differs": _(
        "%(asin)s is priced in %(currency)s, but this promotion is in %(candidate_currency)s."
    ),
    "not-a-discount": _(
        "On %(asin)s this takes nothing off: its price is %(price)s, the promotion is %(discount)s."
    ),
    "below-floor alone": _("By itself it would sell %(asin)s for %(price)s; its floor is %(floor)s."),
    "below-floor": _(
        "Together with %(others)s it would sell %(asin)s for %(price)s from %(start)s (%(zone)s) on; its "
        "floor is %(floor)s."
    ),
    "free alone": _("By itself it would give %(asin)s away for %(price)s; its floor is %(floor)s."),
    "free": _(
        "Together with %(others)s it would give %(asin)s away for %(price)s from %(start)s (%(zone)s) on; "
        "its floor is %(floor)s."
    ),
    "review-below-floor": _(
        "If %(others)s is approved too, %(asin)s would sell for %(price)s from %(start)s (%(zone)s) on; its"
        " floor is %(floor)s."
    ),
    "floor-assumed": _(
        "Nobody has set a floor price for %(asins)s, so %(percent)s of the price is taken as the floor."
    ),
    "discount-outside-limits": _(
        "On %(asins)s the discount comes to another share of the price than Amazon takes for this kind "
        "(%(kind)s): at least %(least)s, at most %(most)s."
    ),
    "discount-outside-limits least": _(
        "On %(asins)s the discount comes to less of the price than Amazon takes for this kind (%(kind)s): "
        "at least %(least)s."
    ),
    "code-reused": _(
        "%(others)s (%(other_kind)s) has the claim code %(other_code)s, which is the same to Amazon as "
        "%(claim_code)s."
    ),
    "no-redemption-cap": _(
        "One buyer may redeem it again and again: it is neither limited to one per customer nor capped in "
        "all."
    ),
    "group-code-unlimited": _(
        "Whoever knows the group code may take any number of units in one order: no greatest number is set."
    ),
    "budget-not-a-cap": _(
        "The budget of %(budget)s is no cap: Amazon takes the promotion off the site at 80 %% of it, and "
        "honours what shoppers have clipped or applied by then."
    ),
    "coupon-on-several-units": _(
        "It is not limited to one per customer, so it comes off up to five units of each order."
    ),
    "blackout": _(
        "%(name)s: from %(blackout_start)s to %(blackout_end)s (%(zone)s) the policy keeps promotions of "
        "this kind (%(kind)s) away, and this one may touch a sale from %(danger_start)s on. %(reason)s"
    ),
    "family-grown": _(
        "A product of it has variations that came in later: %(asins)s. The promotion would cover them too, "
        "and nobody has checked them."
    ),
    "several-in-one-deal": _(
        "Amazon makes a deal of one product with its variations. These are %(count)s products, of no one "
        "family here: %(asins)s."
    ),
    "small-steps": _(
        "Within %(days)s days this and %(others)s take %(total)s off %(asin)s in all. Each of them stays "
        "below %(percent)s, from which on a promotion is looked at closely."
    ),
    "costs-much": _("It may cost more than %(limit)s, above which the policy asks for a reason."),
    "no-way-back": _(
        "After %(cancel_by)s (%(zone)s) Amazon lets nobody cancel it any more: stopping it here then does "
        "not end it before %(danger_end)s."
    ),
    "no-way-back passed": _(
        "Since %(cancel_by)s (%(zone)s) it can no longer be cancelled at Amazon: stopping it here does not "
        "end it before %(danger_end)s."
    ),
    "reference-price before": _(
        "Within %(days)s days before this one %(others)s sold %(asins)s at a price that it does not go below."
        " Amazon may not take it there: a deal lowers the price that later ones are held to."
    ),
    "reference-price after": _(
        "Within %(days)s days after this one %(others)s will sell %(asins)s at a price that does not go below"
        " its own. Amazon may not take them there: a deal lowers the price that later ones are held to."
    ),
    "code-shared-with-influencers": _(
        "Amazon shares a social code with influencers and associates by itself, and that cannot be changed "
        "later."
    ),
    "unseen-prices": _(
        "It also comes off a Sale Price, a Business Price, an Outlet deal or a Subscribe & Save discount, "
        "which this desk does not know: it counts with %(counts_with)s."
    ),
    "unseen-prices several": _(
        "It also comes off a Sale Price, a Business Price, an Outlet deal or a Subscribe & Save discount, "
        "which this desk does not know: it counts with prices of %(counts_with)s and more."
    ),
}

WAYS_OUT: Texts = {
    "unseen-prices": _("Look in Seller Central whether one of them runs then, and count from that price."),
    "start": _("Start it on %(safe_start)s (%(safe_zone)s) or later, or leave %(asin)s out."),
    "start only": _("Start it on %(safe_start)s (%(safe_zone)s) or later."),
    "discount": _("The deepest that keeps the floor is %(greatest)s; or leave %(asin)s out."),
    "discount or start": _(
        "The deepest that keeps the floor is %(greatest)s; or start it on %(safe_start)s (%(safe_zone)s) or"
        " later."
    ),
    "neither": _(
        "No discount that Amazon takes would keep the floor: leave %(asin)s out, or have its floor price "
        "changed."
    ),
    "neither running": _(
        "Stop it, or have the price or the floor price of %(asin)s corrected if that is what is wrong."
    ),
    "neither amending": _(
        "Leave %(asin)s out, let it end sooner, or have the floor price changed if that is what is wrong."
    ),
    "running": _("Stop it."),
    "amending": _("Leave %(asin)s out, or let it end sooner."),
    "kinds-forbidden": _("Leave %(asin)s out."),
    "cooling-off": _("Leave %(asin)s out."),
    "unknown-kind": _("Choose another kind."),
    "no-products": _("Choose at least one product."),
    "in-past": _("Choose a later start."),
    "too-late": _("Choose a later start."),
    "product-unknown": _("Check the ASIN, or import the listing report that has it."),
    "price-missing": _("Import its price, or leave it out."),
    "currency-differs": _("Type the amount in %(currency)s, or import the price in %(candidate_currency)s."),
    "not-a-discount": _("Give a deeper discount, or leave %(asin)s out."),
    "floor-assumed": _("Import their floor prices, or give your reason to rely on this share."),
    "discount-outside-limits": _(
        "Change the discount, leave these products out, or give your reason to try it."
    ),
    "price-missing running": _("Import its price, or stop it."),
    "code-reused": _("Choose another claim code."),
    "code-reused amending": _("Let it end sooner."),
    "kinds-doubtful": _("Move it, leave %(asin)s out, or give your reason why they may meet."),
    "kinds-doubtful start": _(
        "Start it on %(safe_start)s (%(safe_zone)s) or later, leave %(asin)s out, or give your reason why "
        "they may meet."
    ),
    "may-still-run": _(
        "Look in Seller Central: if %(others)s is there, end it there and say so as your reason; if it is "
        "not, say that on its page. Or leave %(asin)s out."
    ),
    "review-conflict": _("Only one of the two can be approved: agree with its operator which."),
    "review-below-floor": _("Agree with the other operator who goes first, or lower the discount."),
    "no-redemption-cap": _("Limit it to one per customer, cap its redemptions, or give your reason."),
    "blackout": _("Move it, or give your reason why it may run then."),
    "blackout running": _("Stop it, or have a manager change the days."),
    "blackout amending": _("Let it end sooner, or have a manager change the days."),
    "family-grown": _("Edit and save it: then it names them, and they are checked."),
    "family-grown running": _("Amend it so that it names them and they are checked, or stop it."),
    "several-in-one-deal": _(
        "Draft a deal for each product. If they are variations of one, import their parent, or say so as "
        "your reason."
    ),
    "small-steps": _("Move it, make it smaller, or give your reason for another step."),
    "costs-much": _(
        "Commit fewer units, cap redemptions and the units of an order, take less off, or give your reason."
    ),
    "group-code-unlimited": _("Set the greatest number of units in one order, or give your reason."),
}

# What offers to leave a product out, which a child of a chosen parent cannot be by itself.
LEAVING_OUT = frozenset(
    {
        *("start", "discount", "neither", "neither amending", "amending"),
        *("kinds-forbidden", "cooling-off", "kinds-doubtful", "kinds-doubtful start"),
        *("price-missing", "not-a-discount"),
    }
)
ONE_BY_ONE = _("%(asin)s comes in with its parent: to leave it out, choose the variations one by one.")

# What an exposed promotion costs, by what ends it; restocked, nothing does.
AT_WORST: Texts = {
    "committed": _(
        "At worst it sells its %(units)s committed units with up to %(each)s off each: %(cost)s in all."
    ),
    "redemptions": _(
        "At worst it sells %(units)s units, all that its redemptions take, with up to %(each)s off each: "
        "%(cost)s in all."
    ),
    "stock": _(
        "At worst it sells all %(units)s units in stock, with up to %(each)s off each: %(cost)s in all."
    ),
    "restocked": _(
        "The %(units)s units in stock by now would cost %(cost)s, with up to %(each)s off each. Restocked "
        "before it is over, it may sell more."
    ),
}

LET_GO = _("Or stop or withdraw %(let_go)s, which by itself is enough.")
LET_GO_ONE_OF = _("Or stop or withdraw one of %(let_go)s, which by itself is enough.")
