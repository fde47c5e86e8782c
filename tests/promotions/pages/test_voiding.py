"""A decision that counts no more says by what: an edit, a no, another approval, or that its person left."""

import pytest
from django.urls import reverse

from promoflow.errors import NotAllowed
from promoflow.promotions.models import Decision
from promoflow.promotions.pages import voiding
from promoflow.promotions.services import drafting, running
from tests import cast
from tests.promotions import lives
from tests.promotions.lives import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def half(aurora, olivia, sam):
    request = lives.submitted(aurora, lives.deep(), by=olivia)
    lives.approve(request, by=sam)
    return request


def sams(request):
    return Decision.objects.get(request=request, decided_by__name="Sam", verdict="approve")


def test_an_edit(half, olivia):
    typed = {**drafting.typed_of(lives.again(half)), "discount_value": "45.00"}
    drafting.edit(reference=half.reference, revision=1, typed=typed, by=olivia, at=NOW)

    assert voiding.sentence(sams(half)) == "void: Olivia changed the content,"


@pytest.mark.parametrize(("deed", "said"), [(lives.send_back, "returned"), (lives.reject, "rejected")])
def test_a_no_also_once_the_content_was_edited_after_it(deed, said, half, olivia, sue):
    deed(half, by=sue)
    if said == "returned":
        typed = {**drafting.typed_of(lives.again(half)), "discount_value": "45.00"}
        drafting.edit(reference=half.reference, revision=1, typed=typed, by=olivia, at=NOW)

    assert voiding.sentence(sams(half)) == f"void: Sue {said} it,"


def test_an_approval_beside_which_it_counted_no_more(half, aurora, sam, sue):
    cast.revoke(sam, aurora, "supervisor")
    lives.approve(half, by=sue)

    assert voiding.sentence(sams(half)) == "void: it counted no more as Sue approved,"


@pytest.mark.parametrize("by_the_clock", [False, True])
def test_whose_person_left_whoever_found_it_out(by_the_clock, client, aurora, olivia, oscar, sam, sue, ada):
    request = lives.approved(aurora, by=olivia, supervisor=sam)
    cast.committed()
    cast.revoke(sam, aurora, "supervisor")
    if by_the_clock:
        running.move_due(at=NOW)
    else:
        with pytest.raises(NotAllowed):
            lives.go_live(request, by=oscar)
    client.force_login(ada)

    pages = [
        " ".join(client.get(reverse(name, args=[request.reference])).content.decode().split())
        for name in ("request", "request-dossier")
    ]

    assert voiding.sentence(sams(request)) == "void: Sam could no longer decide on it,"
    assert "void: Sam could no longer decide on it," in pages[0]
    assert "Void: Sam could no longer decide on it," in pages[1]
