"""People at the desk, each with a browser of their own, and a ledger of what they were told.

Whoever gets no answer sends the very same form again until there is one: a redirect says that it is done, a
refusal that it was done before. What was answered with an error of the server counts as not answered.
"""

import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import requests

from tests import cast
from tests.crash import before
from tests.journeys.visitor import Page

_TIMEOUT = 15
# Between two deeds: else a faster desk only leaves more mail behind than its slow mail server ever sends.
_BREATH = 1.0
_LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@dataclass
class Deed:
    """One form that somebody sent: what it does, to what, and how it was answered."""

    person: str
    event: str
    subject: str
    """The title of a new request, the reference of an old one; of a comment, its text."""
    unanswered: int = 0
    status: int = 0
    location: str = ""
    words: str = ""
    """Of the page that refused it."""
    answered_at: float = 0.0
    repeated: bool = False
    """Whether it was sent once more after its answer, as by a double click."""

    @property
    def is_acknowledged(self) -> bool:
        return self.status == 303

    @property
    def was_not_done(self) -> bool:
        """Refused at the first try, or by a page that asks again, which says that nothing was done.

        Any other refusal of a later try says that an earlier one, without an answer, did it.
        """
        return self.status != 303 and (self.status == 422 or not self.unanswered)


@dataclass
class Ledger:
    """What everybody sent, and which requests wait for whom."""

    deeds: list[Deed] = field(default_factory=list)
    waiting: dict[str, deque[str]] = field(
        default_factory=lambda: {what: deque() for what in ("submit", "decide", "live", "verify", "stop")}
    )
    asins: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    numbers: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        with self.lock:
            self.numbers += 1
            return self.numbers

    def next(self, what: str) -> str | None:
        try:
            return self.waiting[what].popleft()
        except IndexError:
            return None


class Person:
    """Somebody who signs in now and works until `done` is set."""

    def __init__(self, name: str, address: str, ledger: Ledger, done: threading.Event) -> None:
        self.name, self.address, self.ledger, self.done = name, address, ledger, done
        self.session = requests.Session()
        self.page = Page("", "")
        self._sign_in()

    def _sign_in(self) -> None:
        self.open("/sign-in/")
        answer = self._post("/sign-in/", login=f"{self.name.lower()}@example.com", password=cast.PASSWORD)
        if "two-step" in answer.headers.get("Location", ""):
            there = urlsplit(answer.headers["Location"]).path
            self.open(there)
            answer = self._post(there, code=cast.code())
        assert answer.status_code in (302, 303), answer.text
        self.open("/requests/new/")
        self.store = next((form.fields["store"][0] for form in self.page.forms if "store" in form.fields), "")

    def work(self) -> None:
        choose = self._operate if self.name in before.OPERATORS else self._supervise
        while not self.done.is_set():
            try:
                choose()
            except Exception as trouble:
                self.ledger.troubles.append(f"{self.name}: {type(trouble).__name__}: {trouble}")
            time.sleep(random.uniform(0, _BREATH))
        self.session.close()

    # --- Pages and forms ----------------------------------------------------------------------------

    def open(self, address: str) -> Page:
        """Opened again and again until it is there."""
        while True:
            try:
                answer = self.session.get(self.address + address, timeout=_TIMEOUT)
            except requests.RequestException:
                time.sleep(0.2)
                continue
            if answer.status_code < 500:
                assert answer.status_code == 200, f"{address}: {answer.status_code}"
                self.page = Page(answer.text, address)
                return self.page
            time.sleep(0.2)

    def _filled_in(self, action: str, typed: dict[str, str]) -> dict[str, object]:
        fields = {name: list(values) for name, values in self.page.form(action).fields.items()}
        if "code" in fields:
            fields["code"] = [cast.code()]
        return {**fields, **typed}

    def _post(self, action: str, **typed: str) -> requests.Response:
        return self._send(action, self._filled_in(action, typed))

    def _send(self, action: str, data: dict[str, object]) -> requests.Response:
        return self.session.post(self.address + action, data=data, allow_redirects=False, timeout=_TIMEOUT)

    def do(self, event: str, subject: str, action: str, **typed: str) -> Deed:
        """Send the form until it is answered; now and then once more after that."""
        deed, data = Deed(self.name, event, subject), self._filled_in(action, typed)
        self.ledger.deeds.append(deed)
        self._until_answered(deed, action, data)
        while deed.status == 422 and self._asks_for_code(action):
            # Ten minutes are over since the last one, and nothing was done; the answer is the page that asks.
            time.sleep(1)
            data = self._filled_in(action, typed)
            self._until_answered(deed, action, data)
        if deed.was_not_done:
            self.ledger.troubles.append(f"{event} of {subject} was refused: {deed.status} {deed.words}")
        elif random.random() < 0.1:
            again = Deed(self.name, event, subject)
            self._until_answered(again, action, data)
            deed.repeated = True
            if again.is_acknowledged and again.location != deed.location:
                self.ledger.troubles.append(
                    f"{event} of {subject} sent twice led elsewhere: {again.location}"
                )
        return deed

    def _until_answered(self, deed: Deed, action: str, data: dict[str, object]) -> None:
        while True:
            try:
                answer = self._send(action, data)
            except requests.RequestException:
                deed.unanswered += 1
            else:
                if answer.status_code < 500:
                    break
                deed.unanswered += 1
            time.sleep(0.2)
        if answer.status_code == 422:
            self.page = Page(answer.text, action)
        deed.status, deed.location = answer.status_code, answer.headers.get("Location", "")
        deed.answered_at = time.monotonic()
        words = Page(answer.text, action).words if answer.text else deed.location
        deed.words = words.rpartition("Sign out")[2][:600]

    def _asks_for_code(self, action: str) -> bool:
        return self.page.has_form(action) and "code" in self.page.form(action).fields

    # --- What they do -------------------------------------------------------------------------------

    def _operate(self) -> None:
        work: list[tuple[str, Callable[[str], None]]] = [
            ("stop", self._stop),
            ("live", self._mark_live),
            ("submit", self._submit),
        ]
        for what, do in work:
            if reference := self.ledger.next(what):
                do(reference)
                return
        self._draft()

    def _supervise(self) -> None:
        for what, do in (("verify", self._verify), ("decide", self._decide)):
            if reference := self.ledger.next(what):
                do(reference)
                return
        time.sleep(0.05)

    def _draft(self) -> None:
        number = self.ledger.number()
        if number >= before.FREE:
            time.sleep(0.2)
            return
        self.open(f"/requests/new/?store={self.store}&kind=coupon")
        title, asin = f"Draft {number}", before.asin(number)
        deed = self.do(
            *("request.drafted", title, "/requests/new/"), title=title, asins=asin, budget="500", **_window()
        )
        found = re.search(r"PR-\d+", deed.location)
        assert found, f"{deed.status} {deed.location}"
        reference = found[0]
        self.ledger.asins[reference] = asin
        if random.random() < 0.2:
            self._comment(reference)
        if random.random() < 0.1:
            self._copy_and_drop(reference)
        self.ledger.waiting["submit"].append(reference)

    def _submit(self, reference: str) -> None:
        self.open(f"/requests/{reference}/")
        self.do("request.submitted", reference, f"/requests/{reference}/submit/")
        self.ledger.waiting["decide"].append(reference)

    def _comment(self, reference: str) -> None:
        self.open(f"/requests/{reference}/")
        text = f"Remark {self.ledger.number()} on {reference} @Sam"
        self.do("request.commented", text, f"/requests/{reference}/comment/", body=text)

    def _copy_and_drop(self, reference: str) -> None:
        self.open(f"/requests/{reference}/")
        deed = self.do("request.copied", reference, f"/requests/{reference}/copy/")
        found = re.search(r"PR-\d+", deed.location)
        assert found, f"{deed.status} {deed.location}"
        self.open(f"/requests/{found[0]}/withdraw/")
        self.do("request.withdrawn", found[0], f"/requests/{found[0]}/withdraw/", note="Only to see.")

    def _decide(self, reference: str) -> None:
        self.open(f"/requests/{reference}/")
        chance = random.random()
        if chance < 0.75:
            self.do("request.approved", reference, f"/requests/{reference}/approve/", note="Good.")
            self.ledger.waiting["live"].append(reference)
        elif chance < 0.9:
            self.do("request.rejected", reference, f"/requests/{reference}/reject/", note="No.")
        else:
            self.do("request.returned", reference, f"/requests/{reference}/return/", note="Not yet.")
            self.open(f"/requests/{reference}/")
            self._comment(reference)

    def _mark_live(self, reference: str) -> None:
        self.open(f"/requests/{reference}/live/")
        self.do(
            *("request.marked_live", reference, f"/requests/{reference}/live/"),
            amazon_id=f"A2{reference}",
            **self._as_shown(reference),
        )
        self.ledger.waiting["verify"].append(reference)

    def _as_shown(self, reference: str) -> dict[str, str]:
        """What Seller Central shows, which is what was drafted."""
        asin = self.ledger.asins[reference]
        return {"asins": asin, "budget": "500", "one_per_customer": "no", **_window()}

    def _verify(self, reference: str) -> None:
        self.open(f"/requests/{reference}/verify/")
        self.do("request.verified", reference, f"/requests/{reference}/verify/", **self._as_shown(reference))
        if random.random() < 0.7:
            self.ledger.waiting["stop"].append(reference)

    def _stop(self, reference: str) -> None:
        self.open(f"/requests/{reference}/stop/")
        self.do("request.stopped", reference, f"/requests/{reference}/stop/", note="Sold out.")


def _window() -> dict[str, str]:
    """Ten to twelve days from now, and what every one of the coupons is."""
    today = datetime.now(_LOS_ANGELES).date()
    return {
        "discount_type": "percent",
        "discount_value": "20",
        "starts_on": (today + timedelta(days=10)).isoformat(),
        "ends_on": (today + timedelta(days=12)).isoformat(),
    }
