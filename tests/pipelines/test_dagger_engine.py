"""The stand-in itself: its schema is that of the installed SDK, it refuses what an engine would, it keeps no secret."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

import pytest
from dagger_engine import expected
from dagger_engine_schema import schema
from dagger_engine_scripted import Ended, Scripted, said
from graphql import GraphQLObjectType, validate_schema


def test_the_schema_is_whole():
    built = schema()
    assert validate_schema(built) == []
    types = built.type_map
    assert len([t for t in types.values() if isinstance(t, GraphQLObjectType)]) > 60
    run = types["Container"].fields["withExec"]
    assert (run.args["expect"].default_value, str(run.args["args"].type)) == ("SUCCESS", "[String!]!")
    assert str(types["Query"].fields["node"].type) in ("Node", "Node!")
    assert str(types["Container"].fields["sync"].type) == "ID!"
    assert str(types["Container"].fields["publish"].args["platformVariants"].type) == "[ID!]"
    assert not [name for name in types["Query"].fields if name.startswith("load") and name.endswith("FromID")]
    for name in ("Container", "Directory", "File"):
        assert {i.name for i in types[name].interfaces} >= {"Node", "Syncer"}


@pytest.mark.parametrize(
    ("expect", "accepted"),
    [("SUCCESS", {0}), ("FAILURE", {*range(1, 128), *range(192, 256)}), ("ANY", {*range(128), *range(192, 256)})],
)
def test_which_exit_statuses_are_accepted(expect, accepted):
    assert {code for code in range(256) if expected(expect, code)} == accepted


def asked(engine, query, token=None):
    place = engine.environment
    word = base64.b64encode(f"{token or place['DAGGER_SESSION_TOKEN']}:".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{place['DAGGER_SESSION_PORT']}/query",
        json.dumps({"query": query}).encode(),
        {"Authorization": f"Basic {word}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ container { withExec { id } } }", "(args:)' of type '[String!]!' is required"),
        ("{ container { withEverything { id } } }", "Cannot query field 'withEverything'"),
        ("{ container { from(address: 3) { id } } }", "String cannot represent a non string value"),
        ('{ node(id: "Container:none") { id } }', "there is no object"),
        ("{ container { envVariables { id } } }", "has no lists of objects"),
        ('{ container { withExec(args: ["x"]) { stdout } } }', "no rule for ['x']"),
    ],
)
def test_what_an_engine_would_refuse(engine, query, message):
    told = asked(engine(Scripted([])), query)
    assert message in told["errors"][0]["message"]


def test_a_wrong_token_is_refused(engine):
    with pytest.raises(urllib.error.HTTPError) as problem:
        asked(engine(Scripted([])), "{ version }", "another")
    assert problem.value.code == 401
    problem.value.close()


def test_a_failing_step_looks_like_one_of_an_engine(engine):
    started = engine(Scripted([(said("x"), Ended(3, "out", "err"))]))
    (error,) = asked(started, '{ container { withExec(args: ["x", "y"]) { stdout } } }')["errors"]
    assert error["message"] == 'process "x y" did not complete successfully: exit code: 3'
    told = {"_type": "EXEC_ERROR", "cmd": ["x", "y"], "exitCode": 3, "stdout": "out", "stderr": "err"}
    assert error["extensions"] == told


def test_equal_descriptions_are_evaluated_once(engine):
    back = Scripted([(said("x"), Ended(0, "out"))])
    started = engine(back)
    for _ in range(3):
        told = asked(started, '{ a: container { b: withExec(args: ["x"]) { c: stdout } } }')
        assert told["data"] == {"a": {"b": {"c": "out"}}}
    assert back.ran == [["x"]]


def test_a_plaintext_is_in_no_log(engine):
    started = engine(Scripted([]))
    asked(started, '{ setSecret(name: "n", plaintext: "hunter2") { id } }')
    assert "hunter2" not in "".join(started.queries) + repr(started.nodes)
    assert started.plaintexts == {"n": "hunter2"}
