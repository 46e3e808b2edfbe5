"""What is inside the package: only what runs, the same each time, and under which licences."""

import ast
import hashlib
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.conftest import ROOT, SHIPPED

PACKAGE = ROOT / ".build" / "package"
RUNTIME_PYTHON = ROOT / ".venv" / "runtime" / "bin" / "python"
CHECKED_HASH = 0b11  # PEP 552

if not PACKAGE.is_dir():
    pytest.fail("the package is not built; `make test` builds it", pytrace=False)


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def has_bytecode() -> bool:
    return any(PACKAGE.rglob("*.pyc"))


def test_only_the_functions_modules_its_settings_and_its_requirements_are_inside() -> None:
    requirements = {
        "aws_lambda_powertools",
        "cachetools",
        "certifi",
        "charset_normalizer",
        "idna",
        "jmespath",
        "markdown_it",
        "mdurl",
        "requests",
        "typing_extensions.py",
        "urllib3",
    }
    inside = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}
    ours = {"handler.py", "glpi.py", "bridge", "bridge.toml", "certs", "LICENSES.txt"}
    assert inside == ours | requirements
    packed = {PACKAGE / path.relative_to(ROOT) for path in SHIPPED}
    assert {*(PACKAGE / "bridge").rglob("*.py"), *PACKAGE.glob("[hg]*.py")} == packed


def test_what_is_inside_is_what_the_sources_are_now() -> None:
    for path in [*SHIPPED, ROOT / "bridge.toml"]:
        inside = (PACKAGE / path.relative_to(ROOT)).read_bytes()
        assert inside == path.read_bytes(), f"{path.name} is stale; `make test` packs it anew"


def test_everything_is_pure_python_and_small_things_are_left_out() -> None:
    names = files(PACKAGE)
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dist-info"))]
    assert not [name for name in names if "/tests/" in name or "boto" in name]
    assert not [name for name in names if name.startswith("markdown_it/cli/") or ".min." in name]


def test_make_that_only_tells_what_it_would_do_leaves_the_package_alone(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in (".venv/runtime/installed", ".build/package/handler.py", "requirements.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    command = ["make", "-n", "-W", "Makefile", "-o", ".venv/runtime/installed", ".build/package"]
    told = ["SHIPPED=requirements.txt", f"PYTHON={sys.executable}"]
    done = subprocess.run([*command, *told], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "rm -rf .build/package" in done.stdout) == (0, True), done.stderr
    assert (tmp_path / ".build" / "package" / "handler.py").exists()


# ---- What is left out is missed by nothing


NEVER_ASKED_FOR = {
    ("urllib3", "urllib3.contrib.emscripten"): "in a browser only",
    (
        "aws_lambda_powertools.shared.functions",
        "aws_lambda_powertools.event_handler.openapi.compat",
    ): "for pydantic's models, which only the JSON encoder of the event handler meets",
}
"""What is left out though a module that ships names it: importer, imported, and why it never is."""


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """What a module may import at whatever moment, but for the checker of types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))
        else:
            yield from imported(node, package)


def was_installed(module: str) -> bool:
    """Whether the environment of the tests, where nothing is left out, has such a module."""
    path = Path(str(distribution("requests").locate_file(module.replace(".", "/"))))
    return path.is_dir() or path.with_suffix(".py").exists()


def modules() -> Mapping[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def test_nothing_that_ships_imports_what_was_left_out() -> None:
    there = modules()
    ours = {name.partition(".")[0] for name in there}
    missed = set()
    for name, path in there.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for wanted in imported(ast.parse(path.read_bytes()), package):
            if wanted.partition(".")[0] in ours and wanted not in there and was_installed(wanted):
                missed.add((name, wanted))
    assert missed == NEVER_ASKED_FOR.keys()


def test_an_import_of_what_was_left_out_is_caught() -> None:
    source = """
if TYPE_CHECKING:
    from a.typing import Context
def late():
    try:
        from ..metrics import Metrics
    except KeyError:
        from . import other
    import a.b
"""
    assert list(imported(ast.parse(source), "a.c")) == [
        *("a.metrics", "a.metrics.Metrics"),
        *("a.c", "a.c.other"),
        "a.b",
    ]


def test_every_module_of_powertools_and_urllib3_that_is_left_can_be_imported() -> None:
    names = [n for n in modules() if n.partition(".")[0] in ("aws_lambda_powertools", "urllib3")]
    others = ("datadog", "urllib3.contrib.pyopenssl", "urllib3.contrib.socks", "urllib3.http2.conn")
    wanted = [n for n in names if not any(other in n for other in others)]  # of other packages
    code = f"import importlib; [importlib.import_module(n) for n in {wanted}]"
    subprocess.run([RUNTIME_PYTHON, "-B", "-c", code], cwd=PACKAGE, check=True)
    assert len(wanted) > 60


def test_the_stories_run_on_the_pruned_package() -> None:
    """They come from the sources here; what they stand on comes from the package."""
    stories = ["tests/journeys/test_logs.py", "tests/filing/test_worker.py"]
    check = (
        "import sys, aws_lambda_powertools, urllib3, pytest; "
        f"assert aws_lambda_powertools.__file__.startswith({str(PACKAGE)!r}); "
        f"assert urllib3.__file__.startswith({str(PACKAGE)!r}); "
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *{stories}]))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", check],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ---- Licences


def licences() -> str:
    return (PACKAGE / "LICENSES.txt").read_text("utf-8")


REQUIREMENTS = re.findall(
    r"^([\w-]+)==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE
)


@pytest.mark.parametrize(("name", "version"), REQUIREMENTS)
def test_every_requirement_is_there_with_its_licence(name: str, version: str) -> None:
    """Its texts are those of the same version in the environment of the tests."""
    assert f"\n{name} {version}\n" in licences()
    texts = [
        path.read_text("utf-8")
        for path in distribution(name).files or ()
        if ".dist-info" in str(path) and re.match("(?i)licen[cs]e|notice|copying", path.name)
    ]
    assert texts
    for text in texts:
        assert text.strip() in licences()


def test_our_own_licence_and_that_of_the_tables_are_there() -> None:
    for path in (ROOT / "LICENSE", ROOT / "bridge" / "words" / "emojis-LICENSES.txt"):
        assert path.read_text("utf-8").strip() in licences()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "alone 1.0 brings no licence text: it cannot be packed\n"),
        ({"LICENSE": " \n"}, "alone 1.0 brings no licence text: it cannot be packed\n"),
    ],
)
def test_a_part_without_a_text_is_not_packed(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    info = tmp_path / "alone-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: alone\nVersion: 1.0\n")
    for name, text in files.items():
        info.joinpath(name).write_text(text)
    command = [sys.executable, "deploy/licenses.py", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, said)
    assert not (tmp_path / "LICENSES.txt").exists()


# ---- The same each time


def test_the_same_sources_make_the_same_bytes() -> None:
    one, two = files(PACKAGE), files(ROOT / ".build" / "again")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_bytecode_is_checked_by_hash_and_was_made_by_the_runtimes_python() -> None:
    if not has_bytecode():
        version = subprocess.check_output([RUNTIME_PYTHON, "--version"], text=True)
        assert "Python 3.13" not in version
        pytest.skip("packed without bytecode: the runtime's Python is not on this machine")
    code = (
        "import importlib.util as u; "
        "print(u.MAGIC_NUMBER.hex(), u.source_hash(open('handler.py', 'rb').read()).hex())"
    )
    told = subprocess.check_output([RUNTIME_PYTHON, "-c", code], cwd=PACKAGE, text=True)
    magic, handler_hash = told.split()
    sources = [name for name in files(PACKAGE) if name.endswith(".py")]
    compiled = {name: data for name, data in files(PACKAGE).items() if name.endswith(".pyc")}
    assert len(compiled) == len(sources)
    for name, data in compiled.items():
        assert data[:4].hex() == magic
        assert struct.unpack("<I", data[4:8])[0] == CHECKED_HASH, name
        assert b"/var/task/" in data
    (handler,) = [compiled[name] for name in compiled if name.startswith("__pycache__/handler.")]
    assert handler[8:16].hex() == handler_hash


def test_size_and_cold_import_are_told(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files(PACKAGE).items():
            target.writestr(name, data)
    size = archive.stat().st_size
    python = RUNTIME_PYTHON if RUNTIME_PYTHON.exists() else Path(sys.executable)
    cold = statistics.median(seconds(python, "import handler") for _ in range(5))
    bare = statistics.median(seconds(python, "pass") for _ in range(5))
    digest = hashlib.sha256(b"".join(files(PACKAGE).values())).hexdigest()[:12]
    record_property(
        "told",
        f"package: {size / 1e6:.2f} MB zipped, content {digest}; cold import of handler "
        f"{(cold - bare) * 1000:.0f} ms over a bare interpreter",
    )
    assert size < 2_500_000


def seconds(python: Path, code: str) -> float:
    started = time.perf_counter()
    subprocess.run([python, "-B", "-c", code], cwd=PACKAGE, check=True)
    return time.perf_counter() - started
