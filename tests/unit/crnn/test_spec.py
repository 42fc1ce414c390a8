import pytest

from charset import BLANK, Charset
from crnn.errors import WeightsMismatch
from crnn.spec import ModelSpec


def spec() -> ModelSpec:
    return ModelSpec("t", "zh", Charset.load("zh").classes)


def test_a_spec_survives_its_journey_through_json():
    assert ModelSpec.from_json(spec().to_json()) == spec()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"name": "x"}', '{"classes": "ab", "nonsense": 1}']
)
def test_what_is_no_spec_is_refused(text):
    with pytest.raises(WeightsMismatch):
        ModelSpec.from_json(text)


def test_a_spec_without_the_blank_first_is_refused():
    with pytest.raises(WeightsMismatch):
        ModelSpec("t", "zh", ("a", BLANK))


def test_unknown_preprocessing_is_refused():
    with pytest.raises(WeightsMismatch, match="grey-1"):
        ModelSpec("t", "zh", (BLANK, "a"), preprocessing="sepia-9")
