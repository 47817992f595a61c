"""What a checkout may hold to have a say in how Python, uv and pip work, and words that would be commands."""

from __future__ import annotations

from pathlib import Path

_SPEAK = "import pathlib\npathlib.Path({place!r}).touch()\nraise SystemExit('hijacked')\n"
_MODULES = ("json", "sitecustomize", "usercustomize", "click/__init__", "assaymark/__init__", "assaymark/__main__")
_MORE = ("yaml/__init__", "tomllib", "subprocess", "conftest", "setup")
_NOWHERE = "http://127.0.0.1:9/simple"


def hostile(touched: Path) -> dict[str, str]:
    """Files that touch ``touched`` when one of them is executed or obeyed."""
    code = _SPEAK.format(place=str(touched))
    files = {f"{name}.py": code for name in (*_MODULES, *_MORE)}
    return files | {
        "README.md": "# Tide\n",
        "uv.toml": f'index-url = "{_NOWHERE}"\noffline = false\n',
        "pyproject.toml": f'[tool.uv]\nindex-url = "{_NOWHERE}"\nrequired-version = "==0.0.1"\n[project]\nname = "x"\n',
        ".python-version": "3.99\n",
        "pip.conf": f"[global]\nindex-url = {_NOWHERE}\n",
        ".env": "PYTHONPATH=.\nUV_CONFIG_FILE=uv.toml\n",  # act hands this on to the steps
        "evil.pth": f"import pathlib; pathlib.Path({str(touched)!r}).touch()\n",
        ".venv/bin/python": f"#!/bin/sh\ntouch {touched}\n",
        "requirements/run.txt": "evil==1\n",
        "uv": f"#!/bin/sh\ntouch {touched}\n",
    }


def words(touched: Path) -> str:
    """A text that is a command to a shell or to the runner, if one of them reads it as such."""
    return (
        f"\"; touch {touched}; '; touch {touched}; $(touch {touched}) `touch {touched}`\n"
        "::set-output name=outcome::passed\n##[add-mask]passed\noutcome=passed"
    )
