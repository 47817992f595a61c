"""What each pipeline asks of an engine, as chains that a person can read; and the command line around them."""

from __future__ import annotations

import json
import re

import pytest
from dagger_engine_scripted import Ended, Scripted, said

from assaymark import __version__
from assaymark.api import InputError, Outcome

BASE = "registry.example.org/base@sha256:" + "b" * 64
START = f'container().from(address="{BASE}")'
ASSESSED = Ended(0, files={"/reports/assessment.json": b"{}"})


def settings(**more):
    from assaymark_pipelines.settings import Settings

    return Settings(base=BASE, **more)


def chains(play, function, ended=ASSESSED):
    """What was run, as chains from the root; and the results."""
    results, engine = play([(said("assaymark-never"), Ended()), (lambda argv: True, ended)], function)
    return results, [chain for chain in engine.evaluated("sync") if "withExec" in chain]


def test_assess_from_an_image_that_has_it(play):
    async def go():
        from dagger import dag

        from assaymark_pipelines.assess import assess
        from assaymark_pipelines.toolbox import Origin

        return await assess(settings(), Origin(installed=True), dag.directory(), ("--gate", "silver"))

    (result,), [chain] = chains(play, go)
    assert result.outcome is Outcome.PASSED
    assert chain == (
        f'{START}.withDirectory(path="/src", source=directory()).withWorkdir(path="/src")'
        '.withDirectory(path="/reports", source=directory())'
        '.withExec(args=["assaymark", "assess", "/src", "--gate", "silver", "--output", "/reports"], expect="ANY")'
    )


def made(chain: str) -> list[list[str]]:
    """The commands of a chain."""
    return [json.loads(part.partition("]")[0] + "]") for part in chain.split("withExec(args=")[1:]]


ABOUT = ["--commit", "c", "--date", "2026-11-30"]
PIP = ["/opt/assaymark/bin/python", "-I", "-m", "pip", "install", "--quiet"]


@pytest.mark.parametrize(
    ("how", "commands"),
    [
        ({}, [[*PIP, f"assaymark=={__version__}", f"assaymark-python=={__version__}"]]),
        ({"wheels": True}, [[*PIP, "--no-index", "--find-links", "/opt/wheels", "assaymark", "assaymark-python"]]),
        (
            {"checkout": True},
            [
                [*PIP, "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", "/opt/uv.txt"],
                [
                    *("/opt/assaymark/bin/python", "-I", "/opt/assaymark-source/actions/setup/install.py"),
                    *("/opt/assaymark/bin/uv", "python", "/"),
                ],
            ],
        ),
    ],
)
def test_where_assaymark_comes_from(play, how, commands):
    async def go():
        from dagger import dag

        from assaymark_pipelines.assess import assess
        from assaymark_pipelines.toolbox import Origin

        folder = dag.directory().with_new_file("requirements/uv.txt", "uv==1 --hash=sha256:0\n")
        origin = Origin(**dict.fromkeys(how, folder))
        return await assess(settings(plugins=("python",), index="https://mirror.example.org/simple"), origin, folder)

    _, [chain] = chains(play, go)
    assert made(chain)[:-1] == [["python", "-m", "venv", "/opt/assaymark"], *commands]
    assert 'name="PIP_INDEX_URL", value="https://mirror.example.org/simple"' in chain
    assert 'withMountedCache(path="/var/cache/assaymark", cache=cacheVolume(key="assaymark-pip-' in chain


def test_validate_model_smoke_docs_and_release(play):
    async def go():
        from dagger import dag

        from assaymark_pipelines.docs import docs
        from assaymark_pipelines.model import model
        from assaymark_pipelines.release import release_build
        from assaymark_pipelines.smoke import smoke
        from assaymark_pipelines.toolbox import Origin
        from assaymark_pipelines.validate import validate

        source = dag.directory().with_new_file("docs/requirements.txt", "mkdocs\n")
        there = Origin(installed=True)
        found = [*await validate(settings(), there, source, ("--only", "cwl"))]
        found += await model(settings(), there, source, ("models/a.toml", "models/b.toml"))
        found += await smoke(settings(), there, source.file("docs/requirements.txt"))
        found += await docs(settings(), source, "docs/requirements.txt")
        found += await release_build(settings(), there, source)
        return found

    proofs = ("validation.json", "assessment.json", "site/index.html", "release/SHA256SUMS")
    ended = Ended(0, files={f"/reports/{name}": b"{}" for name in proofs})
    results, found = chains(play, go, ended)
    assert [(r.name, r.outcome.value) for r in results] == [
        (name, "passed") for name in ("validate", "model-models-a", "model-models-b", "smoke", "docs", "release-build")
    ]
    ran = {tuple(made(chain)[-1]) for chain in found}
    assert ran == {
        ("assaymark", "validate", "--only", "cwl", "--root", "/src", "--output", "/reports"),
        ("assaymark", "model", "models/a.toml", "--root", "/src", "--output", "/reports"),
        ("assaymark", "model", "models/b.toml", "--root", "/src", "--output", "/reports"),
        ("assaymark", "smoke", "/inputs/image.tar", "--output", "/reports"),
        ("mkdocs", "build", "--strict", "--site-dir", "/reports/site"),
        ("assaymark", "release", "build", "--output", "/reports/release"),
    }


@pytest.mark.parametrize(("code", "outcome"), [(0, "passed"), (1, "failed"), (2, "error")])
def test_documentation_with_a_warning_is_a_finding(play, code, outcome):
    async def go():
        from dagger import dag

        from assaymark_pipelines.docs import docs

        return await docs(settings(), dag.directory(), command=("sphinx-build", "-W", ".", "/reports/site"))

    ended = Ended(code, files={"/reports/site/index.html": b""})
    (result,), _ = play([(said("venv"), Ended()), (said("sphinx"), ended)], go)

    assert result.outcome.value == outcome


def test_an_image_without_a_digest_is_refused_before_anything_is_asked(play):
    async def go():
        from dagger import dag

        from assaymark_pipelines.assess import assess
        from assaymark_pipelines.settings import Settings
        from assaymark_pipelines.toolbox import Origin

        with pytest.raises(InputError, match="not pinned by a digest"):
            await assess(Settings(base="python:3.13"), Origin(), dag.directory())

    _, engine = play([], go)
    assert engine.queries == ["{\n  version\n}"]


def test_the_command_line(assaymark, repository, engine, tmp_path):
    root = repository({"README.md": "# Tool\n"})
    report = {"/reports/assessment.json": b"{}"}
    back = Scripted([(said("assaymark", "assess"), Ended(1, files=report, stderr="no"))], otherwise=Ended(0))
    started = engine(back)
    out = tmp_path / "out"
    words = ["--source", root, "--output", out, "--base", BASE, "--installed", "--exclude", "data"]
    done = assaymark("pipeline", "assess", *words, "--", "--gate", "silver", **started.environment)
    assert (done.returncode, done.stdout) == (1, "failed   assess\n"), done.stderr
    assert back.ran == [["assaymark", "assess", "/src", "--gate", "silver", "--output", "/reports"]]
    assert json.loads((out / "pipeline.json").read_text())["gates"][0]["stderr"] == "no"
    [chain] = [chain for chain in started.evaluated("sync") if "withExec" in chain]
    assert f'host().directory(path="{root}", exclude=["data"])' in chain


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["image", "build", "none.toml", *ABOUT],
            "none.toml: the manifest cannot be read",
        ),
        (
            ["image", "build", "image.toml", *ABOUT],
            "variable USER_NAME, which the manifest",
        ),
        (["model"], "Missing argument 'MANIFESTS...'"),
        (["image", "promote", "image.toml", "--candidate", "c.json", *ABOUT], "Missing option '--judged'"),
        (["images"], "No such command 'images'"),
    ],
)
def test_what_is_wrong_is_said_without_an_engine(assaymark, tmp_path, words, message):
    text = 'schema = 1\nrepository = "ghcr.io/lab/x"\nuser = "USER_NAME"\npassword = "PASSWORD"\n'
    (tmp_path / "image.toml").write_text(text)
    done = assaymark("pipeline", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_engine_input_of_the_action(assaymark, repository, engine, tmp_path):
    """What ``actions/assess`` runs with ``engine: dagger``."""
    import assaymark as library
    from assaymark.reports.json import render

    root = repository({"README.md": "# Tool\n"})
    report = render(library.assess(root, tools=False)).encode()
    back = Scripted(
        [(said("assaymark", "assess"), Ended(0, files={"/reports/assessment.json": report}))], otherwise=Ended(0)
    )
    started = engine(back)
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (tmp_path / name).touch()
    inputs = {"path": str(root), "engine": "dagger", "gate": "", "no-tools": "true", "plugins": "python", "token": "t"}
    places = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    done = assaymark(
        "action", "assess", cwd=root, INPUTS=json.dumps(inputs), RUNNER_TEMP=str(tmp_path), **places,
        **started.environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    told = (tmp_path / "GITHUB_OUTPUT").read_text()
    outputs = dict(re.findall(r"^([a-z-]+)<<(?:end-\w+)\n(.*)$", told, re.MULTILINE))
    assert (outputs["outcome"], outputs["level"]) == ("passed", "none")
    assert [argv for argv in back.ran if argv[:2] == ["assaymark", "assess"]] == [
        ["assaymark", "assess", "/src", "--no-tools", "--output", "/reports"]
    ]


def test_the_actions_install_the_pipelines(checkout):
    import runpy

    install = runpy.run_path(str(checkout / "actions" / "setup" / "install.py"))
    plugins, extras = install["chosen"]("pipelines,python,github")
    assert (plugins, extras) == (["pipelines", "python"], ["github"])
    names = set(install["wanted"](install["project"](checkout / "pipelines"), ()))
    assert "dagger-io" in names
    assert any(line.startswith("dagger-io==") for line in install["pins"](names))


def test_an_image_by_the_command_line(assaymark, repository, engine, tmp_path):
    root = repository({"Dockerfile": "FROM scratch\n"})
    manifest = tmp_path / "image.toml"
    manifest.write_text(
        'schema = 1\nrepository = "ghcr.io/lab/tool"\nsbom = false\ntags = ["version"]\nuser = "U"\npassword = "P"\n'
        f'skopeo = "{BASE}"\n[[test]]\nname = "start"\ncommand = ["tool"]\n'
    )
    index = {"/reports/index.json": b'{"layers": []}', "/reports/image/oci-layout": b"{}"}
    back = Scripted(
        [
            (said("oci:/reports/image"), Ended(0, files=index)),
            (said("--preserve-digests"), Ended(0, files={"/reports/promoted.txt": b""})),
            (said("tool"), Ended(0)),
        ]
    )
    started = engine(back)
    about = ["--commit", "c" * 40, "--date", "2026-11-30", "--version-tag", "1.4.2", "--output", tmp_path / "out"]
    login = {"U": "ada", "P": "hunter2-hunter2"}
    words = ["pipeline", "image", "build", manifest, "--source", root, *about]
    done = assaymark(*words, **login, **started.environment)
    assert done.returncode == 0, done.stderr
    assert back.published == ["ghcr.io/lab/tool-candidate:cccccccccccc"]
    candidate = tmp_path / "out" / "candidate.json"
    told = json.loads(candidate.read_text())
    assert told["platforms"] == {"linux/amd64": told["digest"]}
    report = tmp_path / "assessment.json"
    words = ["pipeline", "image", "promote", manifest, "--candidate", candidate, "--judged", report, *about]
    for digest, status in (("sha256:" + "9" * 64, 2), (told["digest"], 0)):
        outcomes = [{"id": "IMG.Run01", "outcome": "passed"}]
        report.write_text(json.dumps({"subject": {"digest": digest, "kind": "image"}, "subcriteria": outcomes}))
        done = assaymark(*words, **login, **started.environment)
        assert done.returncode == status, done.stderr
    assert [argv[-1] for argv in back.ran if "registry" in argv] == ["ghcr.io/lab/tool-candidate", "=1.4.2"]
    assert "hunter2" not in "\n".join(started.queries)
