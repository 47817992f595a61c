from __future__ import annotations

import pytest

from assaymark.subject.purposes import ANY_STYLE, BUILD, COVERAGE, DEPENDENCIES, PUBLISH, SAST, STYLE, TEST, Purpose


@pytest.mark.parametrize(
    ("purpose", "text"),
    [
        (TEST, "python -m pytest -q"),
        (TEST, "uv run --frozen pytest"),
        (TEST, "xvfb-run ./node_modules/.bin/jest"),
        (TEST, "mvn -B clean verify"),
        (TEST, "./gradlew check"),
        (TEST, "cargo +nightly test --all"),
        (TEST, "cargo hack test --feature-powerset"),
        (TEST, "cargo +nightly hack --each-feature --depth 2 test"),
        (ANY_STYLE, "cargo hack clippy"),
        (TEST, "fpm --profile release test"),
        (TEST, "julia --project -e 'using Pkg; Pkg.test()'"),
        (TEST, "./run_tests.sh --fast"),
        (COVERAGE, "pytest --cov=tide --cov-report=xml"),
        (COVERAGE, "go test ./... -coverprofile=c.out"),
        (COVERAGE, "Rscript -e 'covr::codecov()'"),
        (BUILD, "python -m build"),
        (BUILD, "make -j 4"),
        (ANY_STYLE, "venv/bin/ruff check ."),
        (ANY_STYLE, "cargo clippy --all-targets"),
        (SAST, "bandit -r src"),
        (SAST, "mvn -B -U install sonar:sonar -Dsonar.projectKey=tide"),
        (ANY_STYLE, "./gradlew build sonar"),
        (TEST, "tox"),
        (TEST, "tox -e py311"),
        (TEST, "tox run -e ${{ matrix.env }}"),
        (TEST, "nox -s tests-3.13"),
        (DEPENDENCIES, "npm audit --omit=dev"),
    ],
)
def test_it_serves_its_purpose(purpose: Purpose, text: str) -> None:
    assert purpose.fits(text, False), text


@pytest.mark.parametrize(
    ("purpose", "text"),
    [
        (TEST, "cat pytest.ini"),
        (TEST, "nox -s docs"),
        (TEST, "cargo hack check --features test"),
        (TEST, "cargo install cargo-hack && echo test"),
        (TEST, "tox -e lint,docs"),
        (TEST, "tox run -e build"),
        (TEST, "uvx nox --session=pre-commit"),
        (TEST, "mvn -B package -DskipTests"),
        (TEST, "pytest-split --help"),
        (COVERAGE, "pytest --no-cov"),
        (BUILD, "make docs"),
        (ANY_STYLE, "sed -i s/a/b/ ruff.toml"),
        (ANY_STYLE, "pytest tests/black"),
        (ANY_STYLE, "codacy/codacy-coverage-reporter-action"),
    ],
)
def test_it_serves_another(purpose: Purpose, text: str) -> None:
    assert not purpose.fits(text, False), text


@pytest.mark.parametrize(
    ("text", "publishes"),
    [
        ("plugins/docker", True),
        ("woodpeckerci/plugin-docker-buildx:6 repo=lab/tide", True),
        ("woodpeckerci/plugin-docker-buildx repo=lab/tide", True),
        ("woodpeckerci/plugin-docker-buildx dry_run=true", False),
        ("lab/plugins/dockers", False),
    ],
)
def test_an_image_of_a_plugin_has_a_tag_or_none(text: str, publishes: bool) -> None:
    assert PUBLISH.fits(text, True) is publishes


def test_every_expression_is_valid() -> None:
    for purpose in (*STYLE.values(), ANY_STYLE, TEST, COVERAGE, BUILD, SAST):
        assert not purpose.fits("", False)
        assert not purpose.fits("", True)


def test_a_toolchain_with_a_linter_in_it_lints_nothing() -> None:
    assert not STYLE["Rust"].fits("dtolnay/rust-toolchain@v1 toolchain=stable components=clippy,rustfmt", True)
    assert STYLE["Rust"].fits("giraffate/clippy-action@v1 reporter=github-pr-check", True)


def test_our_own_release_is_one_however_it_is_called() -> None:
    from assaymark.subject.purposes import PUBLISH, RELEASE_NOTICE

    for purpose in (PUBLISH, RELEASE_NOTICE):
        assert purpose.fits("assaymark/assaymark/actions/release@0123", uses=True)
        assert purpose.fits("assaymark release publish dist", uses=False)
        assert purpose.fits('"$github_action_path/../setup/run.sh" release publish', uses=False)
        assert not purpose.fits("lerna release publish-notes", uses=False)
        assert not purpose.fits("assaymark/assaymark/actions/release-build@0123", uses=True)
