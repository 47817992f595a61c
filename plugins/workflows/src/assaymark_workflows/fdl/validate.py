"""A function definition from its text to the last reference."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from assaymark.api import Context, Edit, Problem, Unreachable
from assaymark_workflows.fdl.fields import (
    INPUT_PROVIDERS,
    OBJECTS,
    PROVIDERS,
    READ_ONLY,
    RESERVED,
    SECRET_FIELDS,
    SUPERSEDED,
    TOP,
    Field,
)
from assaymark_workflows.problems import Problems, hint, is_slip, nearest, replace
from assaymark_workflows.source import Kind, Limits, Malformed, Node, Span, parse_yaml

RULES = Path(__file__).with_name("rules.toml")
LIMITS = Limits(nodes=100_000, depth=100)
_QUANTITY = re.compile(r"\+?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+|[numkMGTPE]|[KMGTPE]i)?")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_VOLUME_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_OPTIONS = re.compile(r"[-A-Za-z0-9_.:=,/ ]*")
_LONGEST_NAME = 39
_BOOLEANS = ("yes", "no", "on", "off", "y", "n")
_PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[^:/]+$")
_PLACEHOLDER = re.compile(r"(?i)^(?:<.*>|\$\{?.*\}?|\{\{.*\}\}|x{3,}|\*+|\.{3}|your.*|my.*|changeme|.*_here|todo)$")


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """All problems of one document; None when it defines no functions of OSCAR after all."""
    problems = Problems(path, RULES)
    try:
        root = parse_yaml(data, LIMITS)
    except Malformed as wrong:
        _malformed(wrong, data, problems)
        return problems.sorted()
    functions = root.get("functions") if root.is_object else None
    if functions is None or not functions.is_object or functions.get("oscar") is None:
        return None
    _Definition(path, root, context, problems).check()
    return problems.sorted()


def _malformed(wrong: Malformed, data: bytes, problems: Problems) -> None:
    lines = data.decode("utf-8", "replace").split("\n")
    line = lines[wrong.line - 1] if wrong.line <= len(lines) else ""
    indent = re.match(r"[ \t]*", line)
    if indent and "\t" in indent[0]:
        at = indent[0].index("\t") + 1
        edit = Edit(
            line=wrong.line,
            column=1,
            end_line=wrong.line,
            end_column=len(indent[0]) + 1,
            text=indent[0].replace("\t", "  "),
        )
        span = Span(wrong.line, at, wrong.line, at + 1)
        problems.add("FDL-Y002", "a tab; YAML is indented with spaces", span, edits=(edit,))
        return
    span = Span(wrong.line, wrong.column, wrong.line, wrong.column + 1)
    problems.add("FDL-Y001", wrong.message, span)


class _Definition:
    def __init__(self, path: str, root: Node, context: Context, problems: Problems) -> None:
        self.path = path
        self.root = root
        self.context = context
        self.say = problems.add
        self.names: set[tuple[str, str]] = set()
        self.clusters = _keys(root.get("clusters"))
        self.providers = _providers(root.get("storage_providers"))
        self.used = _used(root)

    def check(self) -> None:
        self._repeated(self.root)
        self._known(self.root, TOP, "a function definition")
        functions = self.root.get("functions")
        assert functions is not None
        self._known(functions, ("oscar",), "functions")
        for cluster, service in self._services(functions.get("oscar")):
            self.context.check_time()
            self._service(cluster, service)
        self._storage(self.root.get("storage_providers"))
        self._clusters(self.root.get("clusters"))

    def _repeated(self, root: Node) -> None:
        for node in root.walk():
            for key in node.repeated():
                self.say("FDL-Y003", f"the key {key.text!r} was there before; only the last one counts", key)

    def _services(self, oscar: Node | None) -> Iterator[tuple[Node, Node]]:
        if oscar is None:
            return
        if not oscar.is_array:
            self.say("FDL-S004", "oscar holds a list: one '- CLUSTER:' for each service", oscar)
            return
        for entry in oscar.elements:
            if not entry.is_object or len(entry.items) != 1:
                text = "each entry is one cluster with its service: '- CLUSTER:' and the fields below it, further in"
                self.say("FDL-S004", text, entry)
                continue
            cluster, service = entry.items[0]
            if not service.is_object:
                self.say("FDL-S004", f"below {cluster.text!r} the fields of a service are expected", service)
                continue
            yield cluster, service

    def _service(self, cluster: Node, service: Node) -> None:
        for key, _ in service.items:
            if key.text in READ_ONLY:
                self.say("FDL-S005", f"{key.text} is set by the server; here it has no effect", key)
            elif key.text in SUPERSEDED:
                text = f"{key.text} moved into federation{'.members' if key.text == 'replicas' else ''}"
                self.say("FDL-D002", text, key)
        self._object(service, "service", cluster, skip=READ_ONLY)
        self._name(cluster, service)
        self._script(cluster, service)
        self._image(service)
        self._users(service)
        for name in ("synchronous", "expose", "kserve"):
            self._scales(service.get(name), 0 if name == "synchronous" else None)
        self._expose(service.get("expose"))
        self._federation(service)
        self._kserve(service.get("kserve"))
        self._volume(service)
        self._environment(service.get("environment"))
        self._transfers(service)

    def _object(self, node: Node, name: str, key: Node, skip: tuple[str, ...] = ()) -> None:
        """Fields of one object by its table."""
        table = OBJECTS[name]
        self._known(node, (*table, *skip), name)
        for field_name, field in table.items():
            value = node.get(field_name)
            if value is None:
                if field.required:
                    self.say("FDL-S002", f"{_a(name)} needs {field_name}", key)
            elif field.required and value.kind in (Kind.NULL, Kind.STRING) and not value.text.strip():
                self.say("FDL-S002", f"{field_name} is empty", value if value.text else node.key(field_name) or value)
            elif value.kind is not Kind.NULL:
                self._value(value, field, field_name, node.key(field_name) or value)

    def _known(self, node: Node, names: tuple[str, ...], what: str) -> None:
        for key, _ in node.items:
            if key.text not in names:
                text = f"{key.text!r} is no field of {what.removeprefix('a ')}{hint(key.text, names)}"
                self.say("FDL-S003", text, key, edits=_slip(key, names, node))

    def _value(self, value: Node, field: Field, name: str, key: Node) -> None:
        kind = field.kind
        if kind == "object":
            if value.is_object:
                self._object(value, field.of, key)
            else:
                self._wrong(value, name, "an object")
        elif kind == "list":
            self._list(value, field, name)
        elif kind == "strings":
            if not value.is_array:
                self._wrong(value, name, "a list of strings")
            for element in value.elements:
                if element.is_object or element.is_array:
                    self._wrong(element, name, "a list of strings")
        elif kind == "map":
            self._map(value, name)
        elif kind == "ports":
            self._ports(value, name)
        elif value.is_object or value.is_array:
            self._wrong(value, name, _a(kind if kind != "enum" else "string"))
        else:
            self._scalar(value, field, name)

    def _list(self, value: Node, field: Field, name: str) -> None:
        if not value.is_array:
            self._wrong(value, name, "a list")
        for element in value.elements:
            if element.is_object:
                self._object(element, field.of, element)
            else:
                self._wrong(element, name, "a list of objects")

    def _map(self, value: Node, name: str) -> None:
        if not value.is_object:
            self._wrong(value, name, "a map of strings")
        for key, item in value.items:
            if item.is_object or item.is_array:
                self._wrong(item, f"{name}.{key.text}", "a string")

    def _scalar(self, value: Node, field: Field, name: str) -> None:
        if field.kind == "boolean":
            if value.kind is not Kind.BOOLEAN and (value.quoted or value.text.lower() not in _BOOLEANS):
                self._wrong(value, name, "true or false")
        elif field.kind == "integer":
            if value.kind is not Kind.INTEGER:
                self._wrong(value, name, "a whole number")
            elif value.value < 0:
                self.say("FDL-V005", f"{name} cannot be negative", value)
        elif field.kind == "quantity":
            if not _QUANTITY.fullmatch(value.text):
                self.say("FDL-V002", f"{value.text!r} is no quantity such as 0.5, 500m, 256Mi or 2Gi", value)
        elif field.kind == "enum":
            text = value.text.casefold() if field.folded else value.text
            words = [w.casefold() for w in field.words] if field.folded else list(field.words)
            if text not in words:
                known = ", ".join(field.words)
                text = f"{name} is one of {known}, not {value.text!r}{hint(value.text, field.words)}"
                self.say("FDL-V003", text, value)

    def _ports(self, value: Node, name: str) -> None:
        for port in value.elements if value.is_array else [value]:
            if port.kind is not Kind.INTEGER:
                self._wrong(port, name, "a port number")
            elif not 0 <= port.value <= 65_535:
                self.say("FDL-V005", f"{port.value} is no port", port)

    def _wrong(self, value: Node, name: str, expected: str) -> None:
        if (
            value.is_array
            and len(value.elements) == 1
            and value.elements[0].kind is Kind.STRING
            and "string" in expected
        ):
            written = f"[{value.elements[0].text}]"
            self.say("FDL-S006", f"{name}: {written} looks like something to be filled in; it is read as a list", value)
            return
        self.say("FDL-S001", f"{name} must be {expected}, not {_a(value.kind.value)}", value)

    def _name(self, cluster: Node, service: Node) -> None:
        name = service.get("name")
        if name is None or not name.text or name.is_object or name.is_array:
            return
        if len(name.text) > _LONGEST_NAME:
            self.say("FDL-V001", f"the name has {len(name.text)} characters; at most {_LONGEST_NAME} are allowed", name)
        elif not _NAME.fullmatch(name.text):
            text = f"{name.text!r} is no name for Kubernetes: lower-case letters, digits and dashes between them"
            self.say("FDL-V001", text, name)
        if (cluster.text, name.text) in self.names:
            self.say("FDL-R004", f"the cluster {cluster.text!r} has a service {name.text!r} already", name)
        self.names.add((cluster.text, name.text))

    def _script(self, cluster: Node, service: Node) -> None:
        script = service.get("script")
        served = service.get("kserve") is not None
        if script is None or not script.text.strip():
            rule = "FDL-P002" if served else "FDL-S002"
            self.say(rule, "a service needs script", script if script is not None and script.text else cluster)
            return
        if script.is_object or script.is_array or script.text.startswith(("http://", "https://")):
            return
        if "\n" in script.text:
            return  # the script itself
        place = posixpath.join(posixpath.dirname(self.path), script.text)
        try:
            if script.text.startswith(("/", "~")):
                raise Unreachable("absolute", outside=True)
            if not self.context.exists(place):
                if posixpath.normpath(place).startswith("../"):
                    raise Unreachable("outside", outside=True)
                rule = "FDL-P002" if served else "FDL-R003"
                self.say(rule, f"there is no file {posixpath.normpath(place)!r}", script)
        except Unreachable:
            self.say("WF-C001", f"{script.text!r} lies outside the repository", script)

    def _image(self, service: Node) -> None:
        image = service.get("image")
        if image is not None and image.is_string and image.text and not _PINNED.search(image.text):
            self.say("FDL-P001", f"the image {image.text!r} has no tag that stays the same", image)

    def _users(self, service: Node) -> None:
        users, visibility = service.get("allowed_users"), service.get("visibility")
        if users is not None and users.elements and visibility is not None and visibility.text != "restricted":
            key = service.key("allowed_users") or users
            self.say("FDL-X003", "allowed_users only counts with visibility: restricted", key)

    def _scales(self, node: Node | None, unlimited: int | None) -> None:
        if node is None or not node.is_object:
            return
        low, high = node.get("min_scale"), node.get("max_scale")
        if low is None or high is None or low.kind is not Kind.INTEGER or high.kind is not Kind.INTEGER:
            return
        if low.value > high.value and high.value != unlimited:
            self.say("FDL-V004", f"min_scale {low.value} is more than max_scale {high.value}", low)

    def _expose(self, expose: Node | None) -> None:
        if expose is None or not expose.is_object:
            return
        old, threshold = expose.key("port"), expose.get("cpu_threshold")
        if old is not None:
            edits = () if expose.key("api_port") else (replace(old.span, "api_port"),)
            self.say("FDL-D001", "port is called api_port", old, edits=edits)
        if threshold is not None and threshold.kind is Kind.INTEGER and threshold.value > 100:
            self.say("FDL-V005", "cpu_threshold is a percentage, at most 100", threshold)

    def _federation(self, service: Node) -> None:
        federation = service.get("federation")
        lists = [service.get("replicas")]
        if federation is not None and federation.is_object:
            lists.append(federation.get("members"))
            environment = service.get("environment")
            secrets = environment.get("secrets") if environment is not None and environment.is_object else None
            if secrets is None or not secrets.is_object or secrets.get("refresh_token") is None:
                key = service.key("federation") or federation
                self.say("FDL-X002", "a federation needs environment.secrets.refresh_token", key)
        for members in lists:
            for member in members.elements if members is not None else ():
                if member.is_object:
                    self._member(member)

    def _member(self, member: Node) -> None:
        kind = member.get("type")
        if kind is None:
            return
        needed = {"oscar": ("cluster_id", "service_name"), "endpoint": ("url",)}.get(kind.text, ())
        for name in needed:
            if member.get(name) is None:
                self.say("FDL-S002", f"a replica of type {kind.text} needs {name}", kind)
        cluster = member.get("cluster_id")
        listed = self.root.get("clusters") is not None
        if kind.text == "oscar" and listed and cluster is not None and cluster.text not in self.clusters:
            text = f"no cluster {cluster.text!r} is defined{hint(cluster.text, self.clusters)}"
            self.say("FDL-R002", text, cluster)

    def _kserve(self, kserve: Node | None) -> None:
        kind = kserve.get("type") if kserve is not None and kserve.is_object else None
        if kserve is None or kind is None:
            return
        inference, llm = kserve.key("inference"), kserve.key("llm_inference")
        if kind.text == "inference":
            if inference is None:
                self.say("FDL-X001", "type inference needs the part inference", kind)
            if llm is not None:
                self.say("FDL-X001", "llm_inference does not go with type inference", llm)
        elif kind.text == "llm_inference" and inference is not None:
            self.say("FDL-X001", "inference does not go with type llm_inference", inference)

    def _volume(self, service: Node) -> None:
        volume, mount = service.get("volume"), service.get("mount")
        if volume is not None and volume.is_object:
            name, path = volume.get("name"), volume.get("mount_path")
            if name is not None and not _VOLUME_NAME.fullmatch(name.text):
                self.say("FDL-V001", f"{name.text!r} is no name of a volume (lower-case letters, digits, dashes)", name)
            if path is not None and path.text and not path.text.startswith("/"):
                self.say("FDL-V006", "mount_path is an absolute path", path)
        if mount is not None and mount.is_object:
            options, path = mount.get("options"), mount.get("path")
            if options is not None and not _OPTIONS.fullmatch(options.text):
                self.say("FDL-V006", "options hold letters, digits, blanks and - _ . : = , / only", options)
            self._provider(mount, (*INPUT_PROVIDERS, "s3", "onedata"), "mount")

    def _environment(self, environment: Node | None) -> None:
        if environment is None or not environment.is_object:
            return
        for _, part in environment.items:
            for key, _ in part.items:
                if key.text in RESERVED:
                    self.say("FDL-V007", f"{key.text} is set by OSCAR itself", key)
        secrets = environment.get("secrets") or environment.get("Secrets")
        for _, value in secrets.items if secrets is not None else ():
            self._secret(value)

    def _transfers(self, service: Node) -> None:
        inputs = [self._transfer(node, INPUT_PROVIDERS, "input") for node in _elements(service.get("input"))]
        outputs = _elements(service.get("output"))
        for node in outputs:
            written = self._transfer(node, PROVIDERS, "output")
            if written is None:
                continue
            for read in inputs:
                if read is not None and read[0] == written[0] and f"{written[1]}/".startswith(f"{read[1]}/"):
                    path = node.get("path")
                    text = f"what is written to {written[1]!r} starts the service again, which reads {read[1]!r}"
                    self.say("FDL-G001", text, path if path is not None else node)

    def _transfer(self, node: Node, allowed: tuple[str, ...], what: str) -> tuple[str, str] | None:
        provider = self._provider(node, allowed, what)
        path = node.get("path")
        if provider is None or path is None or path.is_object or path.is_array:
            return None
        return provider, path.text.strip("/")

    def _provider(self, node: Node, allowed: tuple[str, ...], what: str) -> str | None:
        given = node.get("storage_provider") if node.is_object else None
        if given is None or not given.text or given.is_object or given.is_array:
            return None
        kind, _, name = given.text.partition(".")
        name = name or "default"
        if kind not in PROVIDERS:
            if _PLACEHOLDER.match(kind) and not kind.startswith("my"):
                self.say("FDL-S006", f"{kind!r} looks like something to be filled in", given)
                return None
            self.say("FDL-R001", f"{kind!r} is no kind of storage{hint(kind, PROVIDERS)}", given)
            return None
        if kind not in allowed:
            self.say("FDL-X004", f"{kind} cannot be the {what} of a service; {', '.join(allowed)} can", given)
        # The storage of a cluster goes by the name of the cluster.
        known = {*self.providers.get(kind, ()), *(("default", *self.clusters, *self.used) if kind == "minio" else ())}
        if name not in known:
            text = f"the storage {kind}.{name} is not defined below storage_providers{hint(name, known)}"
            self.say("FDL-R001", text, given)
        return f"{kind}.{name}"

    def _storage(self, storage: Node | None) -> None:
        if storage is None or not storage.is_object:
            return
        self._known(storage, PROVIDERS, "storage_providers")
        for kind, group in storage.items:
            if kind.text not in PROVIDERS:
                continue
            if not group.is_object:
                self._wrong(group, kind.text, "a map from an id to credentials")
            for key, provider in group.items:
                if provider.is_object:
                    self._object(provider, kind.text, key)
                    self._credentials(provider)
                else:
                    self._wrong(provider, key.text, "an object")
                host = provider.get("hostname") if provider.is_object else None
                if host is not None and "://" in host.text:
                    self.say("FDL-V008", "hostname is a name without https://", host)

    def _clusters(self, clusters: Node | None) -> None:
        if clusters is None or not clusters.is_object:
            return
        for key, cluster in clusters.items:
            if cluster.is_object:
                self._object(cluster, "cluster", key)
                self._credentials(cluster)
            else:
                self._wrong(cluster, key.text, "an object")

    def _credentials(self, node: Node) -> None:
        for key, value in node.items:
            if key.text in SECRET_FIELDS:
                self._secret(value)

    def _secret(self, value: Node) -> None:
        if value.kind is Kind.STRING and value.text and not _PLACEHOLDER.match(value.text):
            self.say("FDL-C001", "a secret in clear text; whoever reads the repository has it", value)


def _slip(key: Node, names: Iterable[str], node: Node) -> tuple[Edit, ...]:
    """The edit that mends a key with a wrong letter, unless the right one is there as well."""
    near = nearest(key.text, names)
    if near is None or not is_slip(key.text, near) or near in node or key.quoted:
        return ()
    return (replace(key.span, near),)


def _elements(node: Node | None) -> list[Node]:
    return [e for e in node.elements if e.is_object] if node is not None else []


def _keys(node: Node | None) -> tuple[str, ...]:
    return tuple(key.text for key, _ in node.items) if node is not None else ()


def _providers(node: Node | None) -> dict[str, tuple[str, ...]]:
    return {key.text: _keys(group) for key, group in node.items} if node is not None else {}


def _used(root: Node) -> set[str]:
    """Clusters for which services are defined."""
    functions = root.get("functions")
    oscar = functions.get("oscar") if functions is not None else None
    return {key.text for entry in _elements(oscar) for key, _ in entry.items}


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else noun if noun == "null" else f"a {noun}"
