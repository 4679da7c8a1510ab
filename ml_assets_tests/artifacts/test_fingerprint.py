"""What an artifact is made from: an edit re-runs what depends on it, and only that."""

import json
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ml_assets.artifacts import code, modules
from ml_assets.artifacts.code import Memo, keep_memo, load_memo
from ml_assets.artifacts.fingerprint import Ingredients, fingerprint, ingredients, named_modules

CACHES = (
    modules.is_foreign,
    code._text, code._behind_door,
    modules.source_file, modules._spec, modules._places, modules.distributions_of,
)  # fmt: skip
STAGES = '''
"""The stages."""
import numpy
from shop.names import TITLE, unused
from shop import prices
from .deep import inner as renamed

LIMIT = 5
OTHER = 7

def build(spec):
    """Build."""
    limit = spec.limit
    unrelated = 1

    def stage(data):
        """The stage."""
        from shop.fit import fit
        # a comment
        return helper(fit(data), limit, TITLE)

    def neighbour(data):
        return data

    return [stage]

def helper(a, b, c):
    """Help."""
    return [a, b, c, LIMIT, prices, renamed, Shape]

def lonely():
    return OTHER

class Shape:
    """A shape."""
    edges: int = 3
    """How many."""

if LIMIT > 3:
    MODE = "a"
'''
PACKAGE = {
    "__init__.py": '"""The shop."""\n',
    "stages.py": STAGES,
    "fit.py": "import pandas\nfrom shop.table import read\ndef fit(data):\n    return read(data)\n",
    "table.py": "from shop import names\ndef read(data):\n    return data\n",
    "names.py": "TITLE = 'a'\ndef unused():\n    pass\n",
    "prices.py": "import shop.taxes\n",
    "taxes.py": "RATE = 1\n",
    "deep/__init__.py": "from . import leaf\nfrom .. import up\ndef inner():\n    pass\n",
    "deep/leaf.py": "LEAF = 1\n",
    "up.py": "UP = 1\n",
    "apart.py": "APART = 1\n",
    "estimator.py": "import sklearn, skops\nfrom .loss import loss\n",
    "loss.py": "def loss():\n    return 1\n",
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of a small package that can be imported."""
    for name, text in PACKAGE.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield tmp_path / "shop"
    forget()


def forget() -> None:
    """Forget what was read, as a new process would."""
    for cached in CACHES:
        cached.cache_clear()


def stage(name: str = "build.<locals>.stage", module: str = "shop.stages") -> Callable[..., Any]:
    named = SimpleNamespace(__module__=module, __qualname__=name, __name__=name.split(".")[-1])
    return cast("Callable[..., Any]", named)


def parts(user_modules: tuple[str, ...] = (), memo: Memo | None = None) -> Ingredients:
    forget()
    return ingredients(stage(), {"limit": 1}, {"data": "d"}, user_modules, memo)


# A file, a text in it, what it is replaced by, and what of the code is then told as changed.
EDITS: list[tuple[str, str, str, set[str]]] = [
    ("stages.py", "return helper(", "return 1, helper(", {"shop.stages.stage"}),
    ("stages.py", "return [a, b", "return [b, a", {"shop.stages.stage"}),
    ("stages.py", "LIMIT = 5", "LIMIT = 6", {"shop.stages.stage"}),
    ("stages.py", "limit = spec.limit", "limit = spec.other", {"shop.stages.stage"}),
    ("stages.py", "edges: int = 3", "edges: int = 4", {"shop.stages.stage"}),
    ("stages.py", "OTHER = 7", "OTHER = 8", set()),
    ("stages.py", "unrelated = 1", "unrelated = 2", set()),
    ("stages.py", "return data\n", "return 5\n", set()),
    ("stages.py", "return OTHER", "return 0", set()),
    ("stages.py", "# a comment", "# another", set()),
    ("stages.py", "The stage.", "A stage.", set()),
    ("stages.py", "Help.", "Helps.", set()),
    ("stages.py", "How many.", "Its edges.", set()),
    ("stages.py", "TITLE, unused", "TITLE", set()),
    ("stages.py", "import numpy\n", "", set()),
    ("fit.py", "return read(data)", "return read(data, 1)", {"shop.fit"}),
    ("fit.py", "import pandas", "import pandas  # fast", set()),
    ("table.py", "return data", "return [data]", {"shop.table"}),
    ("names.py", "'a'", "'b'", {"shop.names"}),
    ("taxes.py", "1", "2", {"shop.taxes"}),
    ("deep/__init__.py", "pass", "return 1", {"shop.deep"}),
    ("deep/leaf.py", "1", "2", {"shop.deep.leaf"}),
    ("up.py", "1", "2", {"shop.up"}),
    ("apart.py", "1", "2", set()),
    ("loss.py", "1", "2", set()),
]


@pytest.mark.parametrize(("file", "old", "new", "changed"), EDITS)
def test_an_edit_counts_where_the_stage_runs_it(
    shop: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    before = parts()["code"]
    text = (shop / file).read_text()
    assert text.count(old) == 1, "the edit must be exact"
    (shop / file).write_text(text.replace(old, new))
    after = parts()["code"]
    assert {name for name in before | after if before.get(name) != after.get(name)} == changed


def test_moving_a_helper_within_its_module_changes_nothing(shop: Path) -> None:
    before = parts()
    path = shop / "stages.py"
    text = path.read_text()
    helper = text[text.index("def helper") : text.index("def lonely")]
    path.write_text(text.replace(helper, "").replace("LIMIT = 5", f"{helper}\nLIMIT = 5"))
    assert parts() == before


def test_a_users_module_counts_where_it_is_named(shop: Path) -> None:
    before = parts(("shop.estimator",))
    assert {"shop.estimator", "shop.loss"} <= before["code"].keys()
    (shop / "loss.py").write_text("def loss():\n    return 2\n")
    after = parts(("shop.estimator",))
    assert before["code"]["shop.loss"] != after["code"]["shop.loss"]
    assert fingerprint(before) != fingerprint(after)


def test_a_users_module_of_a_single_file_counts(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "single.py").write_text("X = 1\n")
    before = parts(("single",))
    (tmp_path / "single.py").write_text("X = 2\n")
    assert parts(("single",))["code"]["single"] != before["code"]["single"]


@pytest.mark.parametrize(
    ("module", "known"),
    [("shop.fit", True), ("json", True), ("sklearn.svm", True), ("nowhere.at_all", False),
     ("shop.later", False)],
)  # fmt: skip
def test_a_module_has_a_source_or_a_distribution_or_is_unknown(
    shop: Path, module: str, known: bool
) -> None:
    forget()
    assert modules.has_source(module) is known


def test_what_only_looks_like_a_module_is_left_alone(shop: Path) -> None:
    assert parts(("nowhere.at_all",))["code"] == parts()["code"]


def test_libraries_are_those_that_the_code_imports(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parts()["libraries"] == {"pandas": metadata.version("pandas")}
    libraries = parts(("shop.estimator",))["libraries"]
    assert libraries.keys() == {"pandas", "scikit-learn", "skops"}
    version = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "99" if name == "pandas" else version(name)
    )
    assert parts()["libraries"] == {"pandas": "99"}


def test_a_library_of_the_users_code_counts_if_it_is_installed(shop: Path) -> None:
    (shop / "estimator.py").write_text("import yaml, hypothesis, json, nowhere_installed\n")
    libraries = parts(("shop.estimator",))["libraries"]
    assert {name.lower() for name in libraries} == {"pandas", "hypothesis", "pyyaml"}


def test_a_library_that_the_yaml_names_counts(shop: Path) -> None:
    ingredients = parts(("sklearn.svm",))
    assert ingredients["libraries"]["scikit-learn"] == metadata.version("scikit-learn")
    assert ingredients["code"] == parts()["code"]
    assert "PyYAML" in parts(("yaml",))["libraries"]


def test_a_users_modules_are_followed_wherever_they_lie(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "my_est.py").write_text("import my_helper, statistics, tools.scale\n")
    (tmp_path / "my_helper.py").write_text("HELP = 1\n")
    (tmp_path / "statistics.py").write_text("MEAN = 1\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "scale.py").write_text("SCALE = 1\n")
    before = parts(("my_est",))["code"]
    assert {"my_est", "my_helper", "tools.scale"} <= before.keys()
    (tmp_path / "my_helper.py").write_text("HELP = 2\n")
    after = parts(("my_est",))["code"]
    assert [name for name in before if before[name] != after[name]] == ["my_helper"]


def test_the_packages_that_hold_a_users_module_count(shop: Path) -> None:
    before = parts(("shop.estimator",))["code"]
    (shop / "__init__.py").write_text("SEED = 2\n")
    assert parts(("shop.estimator",))["code"]["shop"] != before["shop"]


def test_neither_the_standard_library_nor_an_installed_one_is_followed(shop: Path) -> None:
    (shop / "estimator.py").write_text("import json.decoder, hypothesis.strategies, dagster\n")
    roots = {name.split(".")[0] for name in parts(("shop.estimator",))["code"]}
    assert roots == {"shop"}


def test_a_file_that_was_put_beside_installed_libraries_by_hand_is_followed(
    tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    (folder / "by_hand.py").write_text("X = 1\n")
    (shop / "estimator.py").write_text("import by_hand\n")
    assert "by_hand" in parts(("shop.estimator",))["code"]


# Modules of the user's own may be called as ours are, below `defs`.
USERS = ["ml_assets.defs.mine.assets", "ml_assets.defs.mine.pipeline", "ml_assets.defs.mine"]


@pytest.mark.parametrize(
    ("name", "wiring"), [*((n, False) for n in USERS), ("ml_assets.a.assets", True)]
)
def test_what_lies_below_defs_is_the_users(name: str, wiring: bool) -> None:
    assert code._is_wiring(name) is wiring
    assert modules.is_ours(name) is wiring


def test_configuration_and_inputs_count(shop: Path) -> None:
    prints = {
        fingerprint(ingredients(stage(), config, inputs))
        for config in ({"a": 1}, {"a": 2}, {"b": 1})
        for inputs in ({"x": "1"}, {"x": "2"}, {"y": "1"})
    }
    assert len(prints) == 9
    assert fingerprint(ingredients(stage(), {"a": 1, "b": 2}, {})) == fingerprint(
        ingredients(stage(), {"b": 2, "a": 1}, {})
    )


def test_what_was_read_is_remembered_and_changes_nothing(shop: Path, tmp_path: Path) -> None:
    memo: Memo = {}
    first = parts((), memo)
    keep_memo(tmp_path / "memo.json", memo)
    again = load_memo(tmp_path / "memo.json")
    assert again == memo
    assert parts((), again) == first
    assert again == memo, "nothing was read anew"


def test_an_edit_is_seen_in_spite_of_the_memory(shop: Path) -> None:
    memo: Memo = {}
    before = parts((), memo)
    (shop / "taxes.py").write_text("RATE = 2\n")
    assert parts((), memo)["code"]["shop.taxes"] != before["code"]["shop.taxes"]


def test_a_module_that_appears_is_seen_in_spite_of_the_memory(shop: Path) -> None:
    (shop / "table.py").write_text("from shop.later import x\n")
    memo: Memo = {}
    assert "shop.later" not in parts((), memo)["code"]
    (shop / "later.py").write_text("x = 1\n")
    assert "shop.later" in parts((), memo)["code"]


MADE_BY = json.dumps(code._made_by())
MEMORIES = [
    "{}", '{"made_by": "another version", "sources": {}}', "[]", "{", "", "null",
    f'{{"made_by": {MADE_BY}}}', f'{{"made_by": {MADE_BY}, "sources": []}}',
    f'{{"made_by": {MADE_BY}, "sources": {{"a": 1}}}}',
    f'{{"made_by": {MADE_BY}, "sources": {{"a": ["d", [1]]}}}}',
]  # fmt: skip


@pytest.mark.parametrize("text", MEMORIES)
def test_a_memory_of_another_version_or_a_damaged_one_is_not_used(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "memo.json"
    assert load_memo(path) == {}
    path.write_text(text)
    assert load_memo(path) == {}


def test_a_function_without_a_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nowhere\.f has no source file"):
        ingredients(stage("f", "nowhere"), {}, {})


NAMED = [
    ("my.source:rows", ["my.source"]),
    ({"python": "a:f", "fingerprint": "b:g", "csv": None}, ["a", "b"]),
    ([{"x": ("c:h",)}, 5], ["c"]),
    ("logistic", []),
    ("sqlite:///a.db", []),
    ("C:\\data", []),
    ("12:30", []),
    ("a b:c", []),
]


@pytest.mark.parametrize(("values", "modules"), NAMED)
def test_functions_that_settings_name_are_found(values: Any, modules: list[str]) -> None:
    assert list(named_modules(values)) == modules
