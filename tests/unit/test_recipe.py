from pathlib import Path

import pytest

from crnn.train import recipe

RECIPES = sorted((Path(recipe.__file__).parent / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_loads_and_survives_a_checkpoint(path):
    found = recipe.load(path)
    assert recipe.from_dict(recipe.to_dict(found)) == found


@pytest.mark.parametrize(
    "values",
    [
        {"name": "x", "data": {"text": {}, "kinds": {}}, "curriculum": [], "heigth": 32},
        {"name": "x", "data": {"text": {}, "kinds": {}, "fontz": 1}, "curriculum": []},
        {"data": {"text": {}, "kinds": {}}, "curriculum": []},
    ],
)
def test_an_unknown_or_missing_key_is_an_error_that_names_it(values):
    with pytest.raises(recipe.RecipeError, match="heigth|fontz|name"):
        recipe.from_dict(values)


def test_the_curriculum_is_known_by_batch_number():
    found = recipe.load(Path("zh"))
    first, last = found.curriculum[0], found.curriculum[-1]
    assert found.curriculum_at(0) == (first.min_width, first.max_width, first.severity)
    assert found.curriculum_at(10**9) == (last.min_width, last.max_width, last.severity)
