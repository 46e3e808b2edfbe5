"""What is inside the package: only what runs, the same each time."""

import hashlib
import statistics
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
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
    ours = {"handler.py", "glpi.py", "bridge", "bridge.toml", "certs"}
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
    assert size < 3_500_000


def seconds(python: Path, code: str) -> float:
    started = time.perf_counter()
    subprocess.run([python, "-B", "-c", code], cwd=PACKAGE, check=True)
    return time.perf_counter() - started
