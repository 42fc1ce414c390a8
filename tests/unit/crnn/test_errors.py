from crnn import errors
from service.errors import STATUS

ELSEWHERE = ("crnn.train", "crnn.batch.engines.worker_pool", "crnn.batch.ledger")


def subclasses(kind: type) -> set[type]:
    """Every error that a server can meet: those of training and of batches are never met there."""
    found = {kind}.union(*(subclasses(sub) for sub in kind.__subclasses__()))
    return {sub for sub in found if not sub.__module__.startswith(ELSEWHERE)}


def test_every_error_has_its_row_in_the_one_table():
    assert subclasses(errors.OcrError) - {errors.OcrError} == set(STATUS)


def test_callers_get_4xx_and_operators_503():
    for kind, status in STATUS.items():
        if issubclass(kind, errors.ReadError):
            assert 400 <= status < 500
        if issubclass(kind, errors.WeightsError):
            assert status == 503


def test_the_tree_in_the_docstring_is_the_tree():
    for kind in subclasses(errors.OcrError):
        if kind.__module__ == "crnn.errors":
            assert kind.__name__ in (errors.__doc__ or "")
