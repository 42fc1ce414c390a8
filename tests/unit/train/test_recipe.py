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


def test_a_recipe_on_a_base_differs_in_what_it_says_alone(tmp_path):
    base = recipe.load(Path("zh"))
    (tmp_path / "zh.toml").write_bytes(RECIPES[-1].with_name("zh.toml").read_bytes())
    (tmp_path / "mine.toml").write_text(
        'base = "zh"\nseed = 9\n[data.text]\ncodes = 1\n[train]\nlr = 1.0\n', "utf-8"
    )
    mine = recipe.load(tmp_path / "mine.toml")
    assert (mine.seed, mine.train.lr, mine.data.text["codes"]) == (9, 1.0, 1)
    assert mine.data.text | {"codes": base.data.text["codes"]} == base.data.text
    assert (mine.name, mine.net, mine.curriculum) == (base.name, base.net, base.curriculum)


def test_a_base_that_is_not_there_is_named(tmp_path):
    (tmp_path / "mine.toml").write_text('base = "nowhere"\n', "utf-8")
    with pytest.raises(recipe.RecipeError, match="nowhere"):
        recipe.load(tmp_path / "mine.toml")


def test_an_old_key_of_a_file_is_refused_and_one_of_a_checkpoint_is_taken(tmp_path):
    values = recipe.to_dict(recipe.load(RECIPES[0]))
    values["data"]["pens"] = values["data"].pop("writers")
    values["train"]["shelf"] = values["train"].pop("bucket_batches")
    assert recipe.from_dict(values) == recipe.load(RECIPES[0])
    path = tmp_path / "old.toml"
    path.write_text(
        """base = "zh"
        [train]
        shelf = 4""",
        "utf-8",
    )
    with pytest.raises(recipe.RecipeError, match="bucket_batches"):
        recipe.load(path)
