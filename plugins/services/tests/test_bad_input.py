"""A service may do what it likes: a clear finding or unknown, never a pass, never a hang, and no other host."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tides_service import READER, Behaviour, Project, Service, openapi, toml_of

from assaymark.api import InputError
from assaymark.model import Outcome
from assaymark_services import answers, contract, contract_child, dates
from assaymark_services.client import LARGEST_BODY, Answer, Budget, Client, Trouble
from assaymark_services.contract import Asked
from assaymark_services.manifest import for_address, load, looks_like, read
from assaymark_services.observe import Permitted, observe
from assaymark_services.targets import NotAllowed, check, parse, redirected

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
Talk = Callable[[socket.socket, threading.Event], None]


def saying(*parts: bytes) -> Talk:
    def talk(link: socket.socket, over: threading.Event) -> None:
        for part in parts:
            link.sendall(part)

    return talk


def for_ever(part: bytes, first: bytes = b"", pause: float = 0.0) -> Talk:
    def talk(link: socket.socket, over: threading.Event) -> None:
        link.sendall(first)
        while not over.is_set():
            link.sendall(part)
            over.wait(pause)

    return talk


def silent(link: socket.socket, over: threading.Event) -> None:
    over.wait(30)


@contextmanager
def talking(talk: Talk, seen: list[bytes] | None = None) -> Iterator[str]:
    """A server that reads a request (into ``seen``) and then does as told; gives its address."""
    given = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()
    threads: list[threading.Thread] = []

    def one(link: socket.socket) -> None:
        with link:
            try:
                link.settimeout(20)
                asked = link.recv(65_536)
                if seen is not None:
                    seen.append(asked)
                talk(link, over)
            except OSError:
                pass

    def serve() -> None:
        while not over.is_set():
            try:
                link, _ = given.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=one, args=(link,), daemon=True))
            threads[-1].start()

    main = threading.Thread(target=serve, daemon=True)
    main.start()
    try:
        yield f"http://127.0.0.1:{given.getsockname()[1]}"
    finally:
        over.set()
        given.shutdown(socket.SHUT_RDWR)
        given.close()
        for thread in (main, *threads):
            thread.join(30)


BOMB = gzip.compress(b"\0" * (LARGEST_BODY * 4))
BAD: dict[str, tuple[Talk, Trouble]] = {
    "silence": (silent, Trouble.LATE),
    "endless stream": (for_ever(b"x" * 65_536, HEAD + b"\r\n"), Trouble.TOO_LARGE),
    "endless chunks": (
        for_ever(b"1000\r\n" + b"x" * 4096 + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        Trouble.TOO_LARGE,
    ),
    "endless head": (for_ever(b"X-A: b\r\n" * 900, HEAD), Trouble.TOO_LARGE),
    "one huge header": (saying(HEAD + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n"), Trouble.TOO_LARGE),
    "slow head": (for_ever(b"X", HEAD + b"X-A: ", 0.05), Trouble.LATE),
    "slow body": (for_ever(b"x", HEAD + b"\r\n", 0.05), Trouble.LATE),
    "endless hints": (for_ever(b"HTTP/1.1 103 Early Hints\r\n\r\n"), Trouble.PROTOCOL),
    "gzip bomb": (
        saying(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        Trouble.TOO_LARGE,
    ),
    "gzip that is none": (saying(HEAD + b"Content-Encoding: gzip\r\n\r\nhello"), Trouble.PROTOCOL),
    "half a gzip": (
        saying(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"a" * 999)[:-9]),
        Trouble.PROTOCOL,
    ),
    "brotli": (saying(HEAD + b"Content-Encoding: br\r\n\r\nhello"), Trouble.PROTOCOL),
    "no HTTP": (saying(b"220 mail.example.org\r\n"), Trouble.PROTOCOL),
    "TLS": (saying(b"\x15\x03\x01\x00\x02\x02\x28"), Trouble.PROTOCOL),
    "nothing": (saying(), Trouble.PROTOCOL),
    "a part": (saying(HEAD + b"Content-Length: 900\r\n\r\nhello"), Trouble.PROTOCOL),
    "two lengths": (saying(HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), Trouble.PROTOCOL),
    "a negative length": (saying(HEAD + b"Content-Length: -3\r\n\r\nabcd"), Trouble.PROTOCOL),
    "off the host": (
        saying(b"HTTP/1.1 302 F\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"),
        Trouble.OFF_HOST,
    ),
    "to a file": (
        saying(b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"),
        Trouble.OFF_HOST,
    ),
    "to another port": (
        saying(b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
        Trouble.OFF_HOST,
    ),
}


def client(timeout: float = 30.0, requests: int = 50) -> Client:
    return Client(budget=Budget(requests, 60), timeout=timeout)


@pytest.mark.parametrize("name", BAD)
def test_no_answer_is_taken_for_one(name: str) -> None:
    talk, trouble = BAD[name]
    timeout = 0.5 if trouble is Trouble.LATE else 30
    with talking(talk) as url:
        found = client(timeout).ask(url, redirects=5)
    assert found.trouble is trouble, found.problem
    assert not found.good
    assert found.problem


@pytest.mark.parametrize("name", ["silence", "slow body", "off the host", "gzip bomb"])
def test_a_whole_run_against_it_ends_and_passes_nothing(name: str, tmp_path: Path, tokens: None) -> None:
    talk, trouble = BAD[name]
    with talking(talk) as url:
        project = Project(tmp_path / "project", Service(Behaviour()), url, None)
        project.permitted = {"timeout": 0.2 if trouble is Trouble.LATE else 10, "seconds": 40, "requests": 80}
        project.manifest["load"]["requests"] = 20
        project.attested = ()
        found = {r.definition.id: r for r in project.assessment().results}
    passed = {i for i, r in found.items() if r.outcome is Outcome.PASSED}
    assert passed == {"SvcQC.Doc03", "SvcQC.Doc06"}
    assert {r.outcome for r in found.values()} <= {Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN}
    assert found["SVC.Web01"].outcome is Outcome.FAILED
    assert found["SVC.Web01"].evidence[0].findings


def test_nobody_at_the_address_is_unknown(tmp_path: Path, tokens: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    project = Project(tmp_path / "project", Service(Behaviour()), f"http://127.0.0.1:{port}", None)
    project.only()
    assert project.results("SVC.Web01")["SVC.Web01"].outcome is Outcome.UNKNOWN


def test_redirects_within_the_service_are_followed_and_end() -> None:
    with talking(saying(b"HTTP/1.1 302 F\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")) as url:
        asking = client()
        found = asking.ask(url, redirects=5)
    assert found.status == 302
    assert asking.budget.used == 6


def test_requests_and_time_are_bounded() -> None:
    with talking(saying(HEAD + b"Content-Length: 0\r\n\r\n")) as url:
        asking = client(requests=3)
        found = [asking.ask(url) for _ in range(5)]
        assert [a.status for a in found] == [200, 200, 200, None, None]
        assert found[-1].trouble is Trouble.OVER
        late = Client(budget=Budget(9, 0.0), timeout=30).ask(url)
    assert late.trouble is Trouble.OVER


def test_a_run_that_may_ask_little_passes_nothing_that_it_did_not_ask(project: Project) -> None:
    project.permitted["requests"] = 3
    project.attested = ()
    found = {r.definition.id for r in project.assessment().results if r.outcome is Outcome.PASSED}
    own = {
        "SVC.Web01",
        "SVC.Web02",
        "SVC.Web03",
        "SvcQC.Doc03",
        "SvcQC.Doc06",
        "SvcQC.Dep01",
        "SvcQC.Dep03.1",
    }
    assert found == own


ELSEWHERE = [
    "http://192.0.2.1/",
    "https://tides.example.org/",
    "http://2130706433.example.org/",
    "http://[2001:db8::1]/",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_other_hosts_are_not_contacted_unless_allowed(url: str) -> None:
    found = client().ask(url)
    assert found.trouble is Trouble.NOT_ALLOWED
    assert "--allow-host" in found.problem
    with pytest.raises(InputError, match="--allow-host"):
        observe(for_address(url), Permitted())
    check(parse(url), frozenset({parse(url).host}))


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http:///x", "http://a:b@127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    assert client().ask(url).trouble is Trouble.NOT_ALLOWED


@pytest.mark.parametrize(
    "to", ["//192.0.2.1/", "https://127.0.0.1/", "http://127.0.0.1:81/", "http://localhost/", "javascript:1"]
)
def test_a_redirect_stays_at_host_and_port(to: str) -> None:
    with pytest.raises(NotAllowed):
        redirected(parse("http://127.0.0.1:8000/"), to)


def test_a_redirect_to_tls_of_the_same_host_is_followed() -> None:
    assert str(redirected(parse("http://127.0.0.1/a"), "https://127.0.0.1/b")) == "https://127.0.0.1/b"


DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "garbage": (bytes(range(256)), "neither JSON nor YAML"),
    "another thing": (b'{"name": "x"}', "no OpenAPI document"),
    "a list": (b"[]", "no OpenAPI document"),
    "deep": (b"[" * 100_000, "JSON"),
    "YAML tag": (b"openapi: !!python/object/apply:os.system ['touch ran']", "YAML"),
    "file": (json.dumps({**openapi(), "paths": {"/a": {"$ref": "file:///etc/passwd"}}}).encode(), "outside of itself"),
    "remote": (json.dumps({**openapi(), "paths": {"/a": {"$ref": "http://192.0.2.1/a.json"}}}).encode(), "outside"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_none_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document, said = DOCUMENTS[name]
    found = contract.tested(client(), Asked(base="http://127.0.0.1:9", document=document))
    assert said in found.problem
    # What refers to other files may well be right, only not judged here.
    assert found.bad is ("outside" not in said)
    assert found.answers == 0


def test_a_document_that_makes_generation_hang_is_given_up() -> None:
    document = openapi()
    document["paths"]["/tides/{port}"]["get"]["parameters"][0]["schema"] = {
        "type": "string",
        "pattern": "^(a+)+$",
        "minLength": 200,
        "not": {"pattern": "^(a|aa)+$"},
    }
    asking = Client(budget=Budget(50, 4.0), timeout=1.0)
    began = time.monotonic()
    found = contract.tested(
        asking, Asked(base="http://127.0.0.1:9", document=json.dumps(document).encode(), examples=200)
    )
    assert time.monotonic() - began < 120
    assert found.problem or found.unsure or any(o.problem for o in found.operations)
    assert not found.failures


def test_what_writes_is_not_sent_unless_allowed(project: Project) -> None:
    document = openapi()
    document["paths"]["/stations"]["delete"] = {
        "responses": {"204": {"description": "gone"}, "405": {"description": "no"}}
    }
    project.behaviour.document = document
    project.manifest["request"].append(
        {"name": "delete", "kind": "edge", "method": "DELETE", "path": "/stations", "status": 405}
    )
    project.only("api", "request")
    found = project.results("SvcQC.Api01", "SvcQC.Fun01")
    assert not [s for s in project.service.seen if s.startswith("DELETE")]
    assert {r.outcome for r in found.values()} == {Outcome.UNKNOWN}
    assert "--allow-writes" in found["SvcQC.Api01"].evidence[0].message
    project.permitted["writes"] = True
    found = project.results("SvcQC.Api01", "SvcQC.Fun01")
    assert "DELETE /stations" in project.service.seen
    assert {r.outcome for r in found.values()} == {Outcome.PASSED}, found


def test_the_deployment_does_not_run_unless_asked(project: Project) -> None:
    project.only("deployment")
    project.permitted["deploy"] = None
    found = project.results("SvcQC.Dep")
    assert not (project.folder / "done").exists()
    assert found["SvcQC.Dep01"].outcome is found["SvcQC.Dep03.1"].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("command", "said"), [(["no-such-program"], "could not be started"), (["sleep", "60"], "not over after 1 s")]
)
def test_a_deployment_that_does_not_end_is_unknown(command: list[str], said: str, project: Project) -> None:
    project.manifest["deployment"] |= {"command": command, "time": 1}
    project.only("deployment")
    project.permitted["deploy"] = "here"
    found = project.results("SvcQC.Dep01")["SvcQC.Dep01"]
    assert found.outcome is Outcome.UNKNOWN
    assert said in found.evidence[0].message


def test_a_deployment_is_a_job_of_a_runner(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "work"))
    project.manifest["deployment"] |= {"command": ["sh", "-c", "test -e compose.yaml && echo nothing changed >&2"]}
    project.only("deployment")
    project.permitted["deploy"] = "local"
    found = project.results("SvcQC.Dep01", "SvcQC.Dep03.1")
    assert {r.outcome for r in found.values()} == {Outcome.PASSED}, found
    assert not any((tmp_path / "work" / "jobs").iterdir())


@pytest.mark.parametrize("value", [None, "", "two\nlines", "caf\xe9"])
def test_a_credential_comes_from_the_environment_alone(
    value: str | None, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIDES_READER")
    if value is not None:
        monkeypatch.setenv("TIDES_READER", value)
    with pytest.raises(InputError, match="TIDES_READER") as problem:
        project.assessment()
    assert value is None or not value or value not in str(problem.value)


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AWS_SECRET_ACCESS_KEY"])
def test_secrets_of_the_host_are_no_credentials(name: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "ghs-1")
    project.manifest["credentials"]["reader"]["env"] = name
    with pytest.raises(InputError, match="none of a service"):
        project.assessment()
    assert project.service.seen == []


def test_a_made_up_key_is_not_sent_in_place_of_the_credential() -> None:
    document = openapi()
    document["components"]["securitySchemes"]["token"] = {"type": "apiKey", "in": "header", "name": "X-Key"}
    seen: list[bytes] = []

    def talk(link: socket.socket, over: threading.Event) -> None:
        link.sendall(HEAD.replace(b"200 OK", b"401 No") + b"Content-Length: 0\r\n\r\n")

    with talking(talk, seen) as url:
        asked = Asked(base=url, document=json.dumps(document).encode(), examples=3, credential={"X-Key": "known-7"})
        found = contract.tested(client(), asked)
    assert found.doors == 2
    keys = [line for r in seen for line in r.decode().splitlines() if line.lower().startswith("x-key")]
    assert set(keys) == {"X-Key: known-7"}


def test_the_same_seed_asks_the_same() -> None:
    def cases(seed: int) -> list[Any]:
        schema = contract_child.schema_of(json.dumps(openapi()).encode())
        asked = {"methods": ["GET"], "skip": [], "examples": 5, "seed": seed, "base": "http://127.0.0.1/v1"}
        found = contract_child.generate(schema, asked)
        assert {o["label"]: o["secured"] for o in found["operations"]} == {
            "GET /tides/{port}": False,
            "GET /stations": True,
            "GET /admin": True,
        }
        assert all(c["path"].startswith("/v1/") for c in found["cases"])
        return list(found["cases"])

    assert cases(0) == cases(0) != cases(7)


def test_a_credential_is_never_sent_elsewhere_nor_written(project: Project) -> None:
    project.only("protected", "load")
    shown = observe(load(project.write()), Permitted(**project.permitted))
    assert READER not in repr(shown)
    assert "GET /stations" in project.service.seen


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"surprise": 1}, "unknown key surprise"),
    "nearly a key": ({"polices": {}}, "did you mean 'policies'"),
    "no address": ({"url": "tides.example.org"}, "http:// or https://"),
    "a user name": ({"url": "https://me:secret@127.0.0.1"}, "without user name"),
    "two slashes": ({"monitoring": {"health": "//192.0.2.1/"}}, "begins with one /"),
    "a line end": ({"monitoring": {"health": "/a\r\nHost: b"}}, "begins with one /"),
    "an unknown credential": ({"api": {"openapi": "/a", "credential": "nobody"}}, "no credential here"),
    "too much load": ({"load": {"path": "/", "p95-ms": 1, "requests": 10**9}}, "maximum"),
    "NaN": ({"load": {"path": "/", "p95-ms": "x"}}, "number"),
    "a shell line": ({"deployment": {"command": "rm -rf /"}}, "array"),
    "a variable": ({"credentials": {"a": {"env": "a b"}}}, "cannot be"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_manifest_says_what_is_wrong(name: str) -> None:
    data, said = WRONG[name]
    with pytest.raises(InputError) as problem:
        read(toml_of({"url": "http://127.0.0.1", **data}), "service.toml")
    assert said in str(problem.value)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("key", ["p95-ms", "p99-ms", "errors"])
def test_no_threshold_is_beyond_all_numbers(key: str, value: str) -> None:
    given = {"path": '"/"', "p95-ms": "1", key: value}
    text = 'url = "http://127.0.0.1"\n[load]\n' + "".join(f"{k} = {v}\n" for k, v in given.items())
    with pytest.raises(InputError, match=rf"load\.{key}(: | is no finite number)") as problem:
        read(text, "service.toml")
    assert str(problem.value.where).startswith("service.toml:")


def test_dates_may_be_written_as_toml_does() -> None:
    assert read('url = "http://127.0.0.1"\nreleased = 2026-01-31\n', "service.toml")["released"] == "2026-01-31"


def test_authorities_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("none", encoding="utf-8")
    with pytest.raises(InputError, match="--ca holds no certificate"):
        observe(for_address("https://127.0.0.1:9"), Permitted(ca=str(tmp_path / "ca.pem")))


@pytest.mark.parametrize("host", ["[::1]", "localhost", "127.0.0.9", "[0:0:0:0:0:0:0:1]"])
def test_this_machine_by_its_names(host: str) -> None:
    check(parse(f"http://{host}:8000/"), frozenset())
    assert parse(f"http://{host}:8000/").netloc == f"{host}:8000"


@given(st.text(max_size=400))
def test_no_text_is_a_crash(text: str) -> None:
    looks_like(text)
    try:
        read(text, "service.toml")
    except InputError:
        return


@given(st.text(alphabet="<>/scriptye 2026-01-02March", max_size=300))
def test_words_and_dates_of_any_page(text: str) -> None:
    found = answers.words(Answer(url="", status=200, body=text.encode()))
    assert "<" not in found
    from datetime import date

    assert (newest := dates.newest(text, date(2026, 11, 21))) is None or newest <= date(2026, 11, 21)


def test_a_hostile_page_is_read_in_time() -> None:
    for part in (b"<script>", b"<", b"<a ", b"</style", b"2026-01-", b"March 1, "):
        answer = Answer(url="", status=200, body=part * 200_000)
        answers.words(answer)
        from datetime import date

        dates.newest(answer.body.decode(), date(2026, 1, 1))


def test_messages_of_a_service_are_harmless(project: Project) -> None:
    project.behaviour.headers["set-cookie"] = "::add-mask::a\x1b[2Jevil=1"
    project.behaviour.cookie = None
    project.only()
    result = project.results("SVC.Web03")["SVC.Web03"]
    assert result.outcome is not Outcome.PASSED
    assert "\x1b" not in str(result)


def test_one_page_for_every_address_shows_no_policy(tmp_path: Path) -> None:
    page = ("<p>" + "Words that are shown everywhere. " * 20 + "2026-03-12</p>").encode()
    whole = HEAD + f"Content-Length: {len(page)}\r\n\r\n".encode() + page
    place = tmp_path / "service.toml"
    with talking(saying(whole)) as url:
        place.write_text(
            f'url = "{url}"\n[policies]\nprivacy = "/privacy"\n[monitoring]\nhealth = "/health"\n', "utf-8"
        )
        manifest = load(place)
        seen = observe(manifest, Permitted(timeout=20))
    for name in ("policies/privacy", "monitoring/health"):
        assert not seen.answers[name].good
        assert "page that is not there" in seen.answers[name].said()
    assert seen.answers["service"].good
    found = answers.page(manifest, "privacy", seen.answers["policies/privacy"], "policy", "policies", "privacy")
    assert found
    assert found.outcome is Outcome.UNKNOWN
