"""What the rules that come with promoflow say of themselves, in the reader's language.

The texts are data of a version: hashed, recorded and kept as they are. They are marked here so that they have
translations, which are looked up where a page shows them; what a manager wrote is shown as it was written.
"""

from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

TEXTS: Final = frozenset(
    {
        _("The rules that come with promoflow."),
        _("House rules after F003, limits as known in November 2026"),
        _("the floor of a product for which nobody has set one, in percent of its price"),
        _("after that, an approved promotion that nobody marked live has passed"),
        _("the second look by another person"),
        _("what a promotion may cost at worst before somebody has to say why"),
        _("promotions that start within so many days of each other count as one go"),
        _("small steps that come to so much of the price together are looked at together"),
        _("whoever halves the price gives away more than one person should answer for"),
        _("two and a half times the sum that the operator has to give a reason for"),
        _("most coupons have no cap, since a budget is none; only the deep ones of them take two people"),
        _("the wrong product hides in a pasted list, of which nobody reads every line"),
        _(
            "a deal or a Price Discount lowers the price that Amazon holds a later one to; 30 days is "
            "its rule for Prime Day"
        ),
        _("Who clipped the first keeps it, and the discounts of both are combined."),
        _("House rule: both come off the standard price, added up."),
        _("House rule: both come off the price, and the base is disputed."),
        _("The coupon comes off beside the price discount; the sum is checked against the floor."),
        _("House rule: a social code and a coupon add up; this is how F003 sold at nothing."),
        _("Percentage off adds to a coupon; the sum is checked against the floor."),
        _("Free units and a coupon in one order make further units free; F000 advises against any such mix."),
        _("One product has one Lightning Deal at a time."),
        _("Both set the price and only the lower one shows; the sum is checked with the lower."),
        _("Both set the price and the deal wins; the sum is checked with the lower."),
        _("A social code comes off the standard price on top of the deal."),
        _("Percentage off comes off the standard price on top of the deal."),
        _("Free units on top of a deal price; F000 advises against any such mix."),
        _("One product has one Best Deal at a time."),
        _("A social code comes off on top of the deal, and on which base is disputed."),
        _("Percentage off comes off on top of the deal, and on which base is disputed."),
        _("Two price discounts on one product leave open which price holds."),
        _("A social code comes off on top of the discounted price."),
        _("An everyday combination; the sum is checked against the floor."),
        _("Free units on top of a discounted price; F000 advises against any such mix."),
        _("Whether two social codes add up in one order is not known."),
        _(
            "Without a claim code both come off; with one, the higher or both, depending on its "
            "combinability."
        ),
        _("A code on top of free units; F000 advises against any such mix."),
        # xgettext:no-python-format
        _("Two of 50 % make a product free, in Amazon's own words."),
        _("Both come off in one order; F000 advises against any such mix."),
        _("Free units of two promotions add up in one order."),
        _(
            "set to start at midnight and shown within 4 to 6 hours, but in F003 it was live hours "
            "earlier than its maker believed"
        ),
        _("its last day is inclusive; nothing reaches beyond it"),
        _("whoever clipped it may redeem it until its original end, cancelled or not"),
        _("Amazon locks a coupon about 6 hours before it starts"),
        _("whole days, 90 at most"),
        _("8,000 children"),
        _("200 parents"),
        _("the title column of Amazon's coupon sheet; the other kinds are held to the same length"),
        _("this kind has no claim code"),
        _("named for USD, GBP and JPY; taken as 100 elsewhere"),
        _("Amazon keeps the hour it has set"),
        _("once it runs, or is less than 25 hours away, it cannot be relied on to go"),
        _("it can be cancelled without fee until 25 hours before its start"),
        _("20 in older texts; the current minimum was not found"),
        _("no bound found"),
        _("one product with as many of its variations as possible"),
        _("a deal has committed units, not a budget"),
        _("1 to 14 days since June 2025"),
        _("no lag was found in any source"),
        _("price changes take from minutes to hours; taken as long as the slowest promotion tool"),
        _("by SKU, in bulk"),
        _("a price discount has no budget"),
        _("active 4 hours after it is made, not before its start"),
        _("a scheduled end is kept; only stopping by hand lags"),
        _("an ended promotion may take up to 4 hours to disappear"),
        _("active 4 hours after it is made"),
        _("30 days"),
        _("a product selection"),
        _("sellers set none, as far as is known"),
        _("it must start at least 4 hours ahead"),
        _("S37 says 50; up to 99 in the older S38"),
        _("only letters and digits; a bound on the length was not found"),
        _("a budget, in money or in redemptions, is mandatory; its minimum was not found"),
        _("what comes off are units"),
        _("field report: a wrong claim code, 300 orders at 1 USD in a day"),
        _(
            "field report: two incidents of selling at nothing in four days, and the house rules "
            "written afterwards"
        ),
        _("Seller Central US, help 202189350, Create a coupon"),
        _("Seller Central SG, help G202140170, Create a claim code or message"),
        _("Amazon help, Applying Promotions, in a copy"),
        _("Seller Central IT, help G202189370, How do coupon budgets work? (2021)"),
        _("Seller Central IN, forum answer by Amazon on ending and changing promotions"),
        _("Amazon help on social media promo codes, in a Chinese copy"),
        _("Seller Central Europe, help 363YLQW4NB5L38V, Create vouchers in bulk"),
        _("seller-forum.com, repost of Amazon's notice of 2024 on coupon limits"),
        _("georges.blog, coupon pricing requirements from March 2024"),
        _("Seller Central JP, help 363YLQW4NB5L38V"),
        _("amazowl.com, on editing running coupons"),
        _("funnelic.agency, coupons on Amazon"),
        _("keep1.net, coupon budgets in Japan"),
        _("Seller Central US, help G202111490, Lightning Deals"),
        _("Amazon help on cancelling deals, in a Chinese copy"),
        _("Seller Central IT, help 202111570, Deal status"),
        _("heycross.com, Best Deals since June 2025"),
        _("SellerSprite, rules of its discount price calculator (2025)"),
        _("sellerclass.com, how discounts stack"),
        _("sellerby.com, Prime Exclusive Discounts"),
        _("listingmirror.com, reference price requirements"),
        _("betterworldproducts.org, Prime Exclusive Discounts"),
        _("Amazon help on Prime Exclusive Discounts, in a Chinese copy"),
        _("the bulk sheet of Prime Exclusive Discounts"),
        _("Seller Central AU, help G60961, percentage off"),
        _("Seller Central BR, help 60961, percentage off"),
        _("amazowl.com, how to create a percentage off promotion"),
        _("rivrhub.com, how to create a percentage off promotion"),
        _("amazowl.com, the product selection"),
        _("Seller Central Europe, forum notice on mandatory budgets"),
        _("vocationalmedia.com, sale price against coupon end dates"),
        _("ecommerce.red, combinability of claim codes"),
        _("chwang.com, how Prime discounts and coupons combine"),
        # xgettext:no-python-format
        _("amzwizard.net, 50 % and 40 % made 90 %"),
    }
)


def in_words(text: str) -> str:
    """A text of a version as a page shows it."""
    return gettext(text) if text in TEXTS else text
