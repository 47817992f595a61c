from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from assaymark.model import Subject
from assaymark.subject.docs_site import DocsSite, ask, docs_probe, docs_site
from assaymark.subject.documents import readme
from assaymark.subject.metadata import metadata
from assaymark.testing import tree_of

SUBJECT = Subject(kind="software", path=".", repository="github.com/tides/tidegrid")


def read(files: dict[str, str], **settings: object) -> DocsSite:
    tree = tree_of(files)
    found: DocsSite = docs_site.provide(tree, metadata.provide(tree), readme.provide(tree), settings, SUBJECT)
    return found


@pytest.mark.parametrize(
    ("path", "generator"),
    [
        ("mkdocs.yml", "MkDocs"),
        ("docs/source/conf.py", "Sphinx"),
        ("Doxyfile", "Doxygen"),
        ("docs/Doxyfile.in", "Doxygen"),
        ("book.toml", "mdBook"),
        ("website/docusaurus.config.js", "Docusaurus"),
        ("docs/make.jl", "Documenter"),
        ("_pkgdown.yml", "pkgdown"),
        ("docs/_quarto.yml", "Quarto"),
        ("API-doc-FORD-file.md", "FORD"),
    ],
)
def test_generators_are_known_by_their_configuration(path: str, generator: str) -> None:
    assert [(p.path, p.what) for p in read({path: ""}).generators] == [(path, generator)]


@pytest.mark.parametrize(
    "path", ["tests/docs/conf.py", "third_party/x/mkdocs.yml", "src/conf.py", "examples/docs/conf.py"]
)
def test_those_of_others_do_not_count(path: str) -> None:
    assert read({path: ""}).generators == ()


@pytest.mark.parametrize(
    "step",
    [
        "uses: actions/deploy-pages@v4",
        "uses: peaceiris/actions-gh-pages@v3",
        "run: mkdocs gh-deploy --force",
        "run: mike deploy dev",
        "run: git push origin gh-pages",
        "run: quarto publish gh-pages",
    ],
)
def test_steps_that_publish(step: str) -> None:
    text = f"on: push\njobs:\n  a:\n    steps:\n      - {step}\n"
    assert [p.line for p in read({".github/workflows/docs.yml": text}).publishers] == [5]
    assert read({".github/workflows/docs.yml": text.replace("- ", "# - ")}).publishers == ()


def test_services_that_publish() -> None:
    assert [p.what for p in read({".readthedocs.yaml": "version: 2"}).publishers] == ["Read the Docs"]
    assert [p.what for p in read({".gitlab-ci.yml": "pages:\n  script: x\n"}).publishers] == ["GitLab Pages"]


def test_what_is_declared_comes_before_what_is_linked() -> None:
    files = {
        "README.md": "[docs](https://tidegrid.readthedocs.io) [docs of others](https://docs.dask.org)\n",
        "pyproject.toml": '[project]\nname = "tidegrid"\n[project.urls]\nDocumentation = "https://tides.org/manual"\n',
    }
    assert [u.url for u in read(files).urls] == ["https://tides.org/manual", "https://tidegrid.readthedocs.io"]
    assert read(files, docs={"url": "https://a.org"}).urls[0].url == "https://a.org"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = {"/gone": 404, "/away": 302}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://elsewhere.example/")
        self.send_header("Content-Type", "text/plain" if self.path == "/text" else "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Tides</h1>")

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_an_allowed_host_is_asked(server: str) -> None:
    hosts = ("127.0.0.1",)
    assert (ask(f"{server}/", hosts).status, ask(f"{server}/", hosts).html) == (200, True)
    assert not ask(f"{server}/text", hosts).html
    assert ask(f"{server}/gone", hosts).status == 404
    away = ask(f"{server}/away", hosts)
    assert (away.status, "not allowed" in away.problem) == (0, True)


def test_no_host_is_asked_without_leave() -> None:
    from assaymark.testing import facts_of

    options = facts_of(tree_of({}))["options"]
    found = docs_probe.provide(read({}, docs={"url": "https://a.org"}), options)
    assert not found.asked


def urls(files: dict[str, str]) -> list[tuple[str, str, int | None]]:
    return [(u.url, u.path, u.line) for u in read(files).urls]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mkdocs.yml", "site_name: Tides\nsite_url: https://tides.org/manual/\n"),
        ("docs/mkdocs/mkdocs.yml", "site_name: Tides\nsite_url: 'https://tides.org/manual/'\n"),
        ("_pkgdown.yml", "---\nurl: https://tides.org/manual/\n"),
        ("docs/conf.py", '# Sphinx\nhtml_baseurl = "https://tides.org/manual/"\n'),
    ],
)
def test_the_configuration_of_a_site_states_its_address(path: str, text: str) -> None:
    assert urls({path: text}) == [("https://tides.org/manual/", path, 2)]


def test_what_the_chapter_on_documentation_links_comes_before_a_wiki() -> None:
    text = (
        "# Tidegrid\n\n## Documentation\n\nSee [tidegrid.tides.org](https://tidegrid.tides.org), made by the tool"
        " [FORD](https://github.com/Fortran-FOSS-programmers/ford/wiki), and the"
        " [wiki](https://github.com/tides/tidegrid/wiki).\n"
    )
    assert [u for u, _, _ in urls({"README.md": text})][:2] == [
        "https://tidegrid.tides.org",
        "https://github.com/tides/tidegrid/wiki",
    ]


def test_a_reference_of_java_comes_before_a_page_of_it() -> None:
    text = "# T\n\n[x](https://javadoc.io/doc/org.tidegrid/T.html#x())\n\n[API Javadoc](https://javadoc.io/doc/org.tidegrid)\n"
    assert urls({"README.md": text})[0] == ("https://javadoc.io/doc/org.tidegrid", "README.md", 5)


def test_a_page_of_others_on_which_the_project_is_named_is_not_its_documentation() -> None:
    text = "# Tidegrid\n\nIn [Spack](https://spack.readthedocs.io/en/latest/packages.html#tidegrid).\n"
    assert urls({"README.md": text}) == []


@pytest.mark.parametrize(
    "url", ["https://hub.docker.com/r/tides/tidegrid", "https://quay.io/repository/tides/tidegrid"]
)
def test_a_registry_of_images_is_no_documentation(url: str) -> None:
    assert urls({"README.md": f"# Tidegrid\n\nPull the image [from here]({url}), or [the docs image]({url}).\n"}) == []


@pytest.mark.parametrize(
    "host", ["docs.tidegrid.org", "doc-v2.tidegrid.org", "guides.tidegrid.org", "www.manual.tidegrid.org"]
)
def test_hosts_that_are_called_documentation(host: str) -> None:
    assert urls({"README.md": f"# Tidegrid\n\n[Read on](https://{host}/start).\n"})


def steps(text: str) -> list[tuple[str, bool]]:
    return [(p.what, p.step) for p in read({".github/workflows/a.yml": text}).publishers]


def test_some_steps_publish_nothing_but_documentation() -> None:
    assert steps("- uses: peaceiris/actions-gh-pages@v4\n") == [("peaceiris/actions-gh-pages", True)]
    assert steps("- run: mkdocs gh-deploy\n") == [("mkdocs gh-deploy", False)]
    assert steps("- uses: julia-actions/julia-docdeploy@v1\n") == [("julia-docdeploy", False)]
