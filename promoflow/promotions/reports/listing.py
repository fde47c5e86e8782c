"""All reports there are, in the order of the page that lists them."""

from typing import Final

from promoflow.promotions.reports.approvers import APPROVALS_ONE_BY_ONE, APPROVERS
from promoflow.promotions.reports.grants import GRANTS
from promoflow.promotions.reports.hours import DEEDS, HOURS
from promoflow.promotions.reports.overrides import OVERRIDES
from promoflow.promotions.reports.versions import VERSIONS

REPORTS: Final = {
    report.code: report
    for report in (APPROVERS, APPROVALS_ONE_BY_ONE, VERSIONS, OVERRIDES, GRANTS, HOURS, DEEDS)
}
