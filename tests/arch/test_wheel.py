"""What is shipped is what was tested: the built wheel, alone with its run-time dependencies."""

import os
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# One worker for all of them, so that the wheel is built and installed once.
pytestmark = pytest.mark.xdist_group("wheel")


@dataclass(frozen=True)
class Installed:
    """A fresh environment that has the wheel."""

    wheel: Path
    programs: Path

    def run(self, program: str, *arguments: str) -> str:
        return run(self.programs / program, *arguments, cwd=self.wheel.parent)


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints; nothing of this test run's environment reaches it."""
    ours = ("PYTHON", "PAPERBOY_", "COVERAGE_", "COV_", "HF_", "VIRTUAL_ENV")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    [wheel] = folder.glob("*.whl")
    run(programs / "python", "-m", "pip", "install", "--no-compile", wheel, cwd=folder)
    return Installed(wheel, programs)


def test_the_program_starts_and_tells_its_version(installed: Installed) -> None:
    assert PROJECT["version"] in installed.run("paperboy", "--version")


def test_the_program_explains_itself(installed: Installed) -> None:
    shown = installed.run("paperboy", "--help")
    assert "Usage" in shown
    assert "trending" in shown


def test_the_package_can_be_run_as_a_module(installed: Installed) -> None:
    assert PROJECT["version"] in installed.run("python", "-m", "bot", "--version")


def test_every_dependency_is_named_and_none_is_for_development(installed: Installed) -> None:
    installed.run("python", "-m", "pip", "check")
    packages = installed.run("python", "-m", "pip", "list", "--format=freeze").lower()
    assert f"paperboy=={PROJECT['version']}" in packages
    assert not {line.partition("==")[0] for line in packages.split()} & {
        "pytest",
        "hypothesis",
        "mypy",
        "ruff",
    }


def test_every_module_can_be_imported(installed: Installed) -> None:
    program = (
        "import importlib, pkgutil\n"
        "for package in ('bot', 'adapters', 'storage'):\n"
        "    found = pkgutil.walk_packages(importlib.import_module(package).__path__, package + '.')\n"
        "    for name in (module.name for module in found):\n"
        "        if not name.endswith('__main__'):\n"
        "            print(importlib.import_module(name).__name__)\n"
    )
    assert {"bot.model", "storage.sqlite.migrations"} <= set(installed.run("python", "-c", program).split())


def test_the_wheel_holds_the_program_and_its_licence_alone(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    about = f"paperboy-{PROJECT['version']}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"bot", "adapters", "storage", about}
    assert f"{about}/licenses/LICENSE" in names


def test_the_page_has_its_templates_and_its_stylesheet(installed: Installed) -> None:
    program = (
        "from adapters.web.render import Renderer\n"
        "page = Renderer(thumbnails=False)\n"
        "print(page.page('error.html', section='', heading='A heading', sentence='A sentence.').decode())\n"
        "print(page.static['style.css'][0].decode())\n"
    )
    shown = installed.run("python", "-c", program)
    assert "<h1>A heading</h1>" in shown
    assert "prefers-color-scheme: dark" in shown
