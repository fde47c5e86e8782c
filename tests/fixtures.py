"""The fixed cast of every test: one US store with three priced products, and its people."""

from decimal import Decimal

import pytest

from accounts.models import User
from accounts.roles import AUDITOR, OPERATOR, SUPERVISOR
from promoflow.catalog.models import Product, Store
from tests import cast


@pytest.fixture
def client() -> cast.Client:
    """In place of pytest-django's: whoever it signs in may decide at once."""
    return cast.Client()


@pytest.fixture
def root(db: None) -> User:
    return cast.root()


@pytest.fixture
def mia(db: None) -> User:
    """The manager of aurora."""
    return cast.person("Mia")


@pytest.fixture
def aurora(mia: User) -> Store:
    """The US store, with three products at 19.99, 49.00 and 120.00 and their floors."""
    store = cast.store("Aurora US", manager=mia)
    Product.objects.bulk_create(
        Product(store=store, asin=asin, title=title, price=Decimal(price), floor_price=Decimal(floor))
        for asin, title, price, floor in (
            ("B0AURORA01", "Aurora desk lamp, warm white", "19.99", "9.99"),
            ("B0AURORA02", "Aurora floor lamp, dimmable", "49.00", "25.00"),
            ("B0AURORA03", "Aurora lamp set of three", "120.00", "60.00"),
        )
    )
    return store


@pytest.fixture
def olivia(aurora: Store) -> User:
    return cast.grant(cast.person("Olivia"), aurora, OPERATOR)


@pytest.fixture
def oscar(aurora: Store) -> User:
    return cast.grant(cast.person("Oscar"), aurora, OPERATOR)


@pytest.fixture
def sam(aurora: Store) -> User:
    return cast.grant(cast.person("Sam"), aurora, SUPERVISOR)


@pytest.fixture(autouse=True)
def _year_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests promote runs in 2026, whenever they are run."""
    monkeypatch.setattr("promoflow.promotions.wording.words._this_year", lambda: 2026)


@pytest.fixture
def sue(aurora: Store) -> User:
    return cast.grant(cast.person("Sue"), aurora, SUPERVISOR)


@pytest.fixture
def twin(aurora: Store, olivia: User) -> User:
    """A supervisor account of the human who is also olivia."""
    return cast.grant(cast.person("Twin", person_id=olivia.person_id), aurora, SUPERVISOR)


@pytest.fixture
def ada(aurora: Store) -> User:
    return cast.grant(cast.person("Ada"), aurora, AUDITOR)


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with an account and no role."""
    return cast.person("Stranger")
