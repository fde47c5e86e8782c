"""What a page reads once, and a deed each time."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from promoflow.reading import ReadingMiddleware, one_reading, read_once


class Shelf:
    """Counts how often somebody looks."""

    def __init__(self):
        self.looks = 0
        self.look = read_once(self._look)

    def _look(self, place, *, deep=False):
        self.looks += 1
        return f"{place} {deep}"


@pytest.fixture
def shelf():
    return Shelf()


def answer(shelf, method):
    def view(_request):
        return HttpResponse(shelf.look("left") + shelf.look("left"))

    return ReadingMiddleware(view)(RequestFactory().generic(method, "/"))


@pytest.mark.parametrize(("method", "looks"), [("GET", 1), ("HEAD", 1), ("POST", 2), ("DELETE", 2)])
def test_a_page_looks_once_and_a_deed_each_time(shelf, method, looks):
    answer(shelf, method)

    assert shelf.looks == looks


def test_the_next_page_looks_anew(shelf):
    answer(shelf, "GET")
    answer(shelf, "GET")

    assert shelf.looks == 2


def test_other_arguments_are_another_look(shelf):
    with one_reading():
        assert shelf.look("left") == "left False"
        assert shelf.look("right") == "right False"
        assert shelf.look("left", deep=True) == "left True"

    assert shelf.looks == 3


def test_a_reading_inside_another_is_the_same(shelf):
    with one_reading():
        with one_reading():
            shelf.look("left")
        shelf.look("left")

    assert shelf.looks == 1


def test_what_could_not_be_read_is_read_again(shelf):
    def fail():
        shelf.looks += 1
        raise LookupError

    failing = read_once(fail)

    with one_reading():
        for _ in range(2):
            with pytest.raises(LookupError):
                failing()

    assert shelf.looks == 2
