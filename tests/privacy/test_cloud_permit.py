"""Only one place makes a CloudPermit, and only one door leads to the cloud: read from the code itself (R11)."""

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("service", "workers", "ingestion", "migrations", "examples", "bench", "scripts", "tests")
POLICY = Path("service/policy")
EGRESS = POLICY / "egress.py"
DOOR = Path("service/adapters/anthropic.py")
# These two make forged permits and a bare client, to see them refused.
PERMIT_TESTS = {Path("tests/unit/service/policy/test_egress.py")}
CLIENT_TESTS = {Path("tests/integration/test_anthropic.py")}

Look = Callable[[ast.AST], bool]


@cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    """Return every Python file of the repository, scripts without an extension included, but for this one."""
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")))
    return tuple(
        (path.relative_to(ROOT), ast.parse(path.read_text(), str(path)))
        for path in paths
        if path.is_file() and _is_python(path) and path != Path(__file__)
    )


def _is_python(path: Path) -> bool:
    if path.suffix:
        return path.suffix == ".py"
    with path.open("rb") as file:
        return file.readline().startswith(b"#!") and b"python" in path.read_bytes()[:80]


def where(look: Look) -> set[Path]:
    """Return the files in which any node looks so."""
    return {path for path, tree in modules() if any(look(node) for node in ast.walk(tree))}


def calls(name: str) -> Look:
    """Look for a call of this name, bare or as an attribute."""
    return lambda node: isinstance(node, ast.Call) and _last_name(node.func) == name


def names(name: str) -> Look:
    """Look for the name in any role: read, imported, renamed, or as an attribute."""

    def look(node: ast.AST) -> bool:
        match node:
            case ast.Name(id=found) | ast.Attribute(attr=found):
                return found == name
            case ast.alias():
                return node.name.rpartition(".")[2] == name
            case _:
                return False

    return look


def imports(package: str) -> Look:
    """Look for an import of the package, also one by name at run time."""

    def look(node: ast.AST) -> bool:
        match node:
            case ast.Import(names=aliases):
                return any(alias.name.partition(".")[0] == package for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0):
                return module.partition(".")[0] == package
            case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]):
                return _last_name(func) in {"import_module", "__import__"} and module.partition(".")[0] == package
            case _:
                return False

    return look


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def test_only_egress_makes_a_cloud_permit() -> None:
    assert where(calls("CloudPermit")) - PERMIT_TESTS == {EGRESS}


def test_a_cloud_permit_is_known_elsewhere_only_by_its_own_name() -> None:
    """An alias could be called without the rule above seeing it."""

    def renamed(node: ast.AST) -> bool:
        match node:
            case ast.alias():
                return node.name.rpartition(".")[2] == "CloudPermit" and node.asname is not None
            case ast.Assign(value=ast.Name(id="CloudPermit") | ast.Attribute(attr="CloudPermit")):
                return True
            case _:
                return False

    assert where(renamed) == set()


def test_the_seals_stay_where_they_are_made() -> None:
    assert where(names("_SEAL")) - PERMIT_TESTS == {EGRESS, POLICY / "access.py"}


def test_no_product_code_goes_round_a_constructor() -> None:
    """`object.__new__` and `object.__setattr__` would make and change what is sealed."""
    product = {path for path in where(_writes_past) if path.parts[0] != "tests"}
    assert product == set()


def _writes_past(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"__new__", "__setattr__"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "object"
    )


@pytest.mark.parametrize("package", ["anthropic", "httpx2"])
def test_only_one_door_leads_to_the_cloud(package: str) -> None:
    assert where(imports(package)) - CLIENT_TESTS == {DOOR}


@pytest.mark.parametrize(
    ("code", "look"),
    [
        ("CloudPermit(body=b'')", calls("CloudPermit")),
        ("egress.CloudPermit()", calls("CloudPermit")),
        ("import anthropic", imports("anthropic")),
        ("import anthropic.types as t", imports("anthropic")),
        ("def f():\n    from anthropic import Anthropic", imports("anthropic")),
        ("importlib.import_module('anthropic')", imports("anthropic")),
        ("from service.policy.egress import _SEAL as s", names("_SEAL")),
        ("egress._SEAL", names("_SEAL")),
        ("object.__new__(CloudPermit)", _writes_past),
    ],
)
def test_the_rules_see_what_they_forbid(code: str, look: Look) -> None:
    """A rule that finds nothing proves nothing."""
    assert any(look(node) for node in ast.walk(ast.parse(code)))
    assert not any(look(node) for node in ast.walk(ast.parse("from service.adapters import anthropic\nCloudModel()")))
