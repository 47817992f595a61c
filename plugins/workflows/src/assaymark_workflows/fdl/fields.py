"""What may stand in a function definition: one table per object, as the server of OSCAR reads it."""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """One field: what it holds, and whether it must be there.

    ``kind`` is string, boolean, integer, quantity, strings, map, enum, object or list; ``of`` names the object that an
    ``object`` or ``list`` holds; ``words`` are those of an enum, in any case when ``folded``.
    """

    kind: str
    required: bool = False
    of: str = ""
    words: tuple[str, ...] = ()
    folded: bool = False


STRING, BOOLEAN, INTEGER = Field("string"), Field("boolean"), Field("integer")
QUANTITY, STRINGS, MAP = Field("quantity"), Field("strings"), Field("map")
REQUIRED = Field("string", required=True)


def _enum(*words: str, folded: bool = False) -> Field:
    return Field("enum", words=words, folded=folded)


def _of(name: str) -> Field:
    return Field("object", of=name)


SERVICE: dict[str, Field] = {
    "name": REQUIRED,
    "image": REQUIRED,
    "script": STRING,
    "cluster_id": STRING,
    "vo": STRING,
    "allowed_users": STRINGS,
    "alpine": BOOLEAN,
    "file_stage_in": BOOLEAN,
    "image_pull_secrets": STRINGS,
    "memory": QUANTITY,
    "cpu": QUANTITY,
    "total_memory": QUANTITY,
    "total_cpu": QUANTITY,
    "ephemeral_storage_request": QUANTITY,
    "enable_gpu": BOOLEAN,
    "enable_sgx": BOOLEAN,
    "image_prefetch": BOOLEAN,
    "synchronous": _of("synchronous"),
    "expose": _of("expose"),
    "federation": _of("federation"),
    "log_level": _enum("NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    "input": Field("list", of="io"),
    "output": Field("list", of="output"),
    "environment": _of("environment"),
    "annotations": MAP,
    "labels": MAP,
    "interlink_node_name": STRING,
    "isolation_level": _enum("SERVICE", "USER", folded=True),
    "visibility": _enum("private", "restricted", "public"),
    "mount": _of("mount"),
    "volume": _of("volume"),
    "kserve": _of("kserve"),
}
READ_ONLY = ("token", "owner", "bucket_list", "namespace")
SUPERSEDED: dict[str, Field] = {
    "replicas": Field("list", of="replica"),
    "delegation": STRING,
    "rescheduler_threshold": INTEGER,
}
_IO = {"storage_provider": REQUIRED, "path": REQUIRED}
OBJECTS: dict[str, dict[str, Field]] = {
    "service": {**SERVICE, **SUPERSEDED},
    "synchronous": {"min_scale": INTEGER, "max_scale": INTEGER},
    "expose": {
        "min_scale": INTEGER,
        "max_scale": INTEGER,
        "api_port": Field("ports"),
        "port": Field("ports"),
        "nodePort": Field("ports"),
        "cpu_threshold": INTEGER,
        "set_auth": BOOLEAN,
        "auth_type": _enum("basic", "forward"),
        "rewrite_target": BOOLEAN,
        "default_command": BOOLEAN,
        "health_path": STRING,
        "probe_mode": _enum("legacy", "direct"),
    },
    "federation": {
        "group_id": STRING,
        "topology": _enum("none", "star", "mesh"),
        "delegation": _enum("static", "random", "load-based", "topsis"),
        "rescheduler_threshold": INTEGER,
        "members": Field("list", of="replica"),
    },
    "replica": {
        "type": Field("enum", required=True, words=("oscar", "endpoint")),
        "cluster_id": STRING,
        "service_name": STRING,
        "url": STRING,
        "ssl_verify": BOOLEAN,
        "priority": INTEGER,
        "headers": MAP,
    },
    "io": {**_IO, "suffix": STRINGS, "prefix": STRINGS},
    "output": {**_IO, "suffix": STRINGS, "prefix": STRINGS},
    "mount": {**_IO, "options": STRING},
    "volume": {
        "name": STRING,
        "size": QUANTITY,
        "mount_path": REQUIRED,
        "lifecycle_policy": _enum("delete", "retain"),
    },
    "kserve": {
        "type": Field("enum", required=True, words=("inference", "llm_inference")),
        "storage_uri": REQUIRED,
        "inference": _of("inference"),
        "llm_inference": _of("llm_inference"),
        "api_version": _enum("v1", "v2"),
        "min_scale": INTEGER,
        "max_scale": INTEGER,
        "cpu": QUANTITY,
        "memory": QUANTITY,
        "args": STRINGS,
        "env": MAP,
        "enable_gpu": BOOLEAN,
        "set_auth": BOOLEAN,
    },
    "inference": {"model_format": REQUIRED, "runtime": STRING},
    "llm_inference": {"runtime_image": STRING},
    "environment": {"variables": MAP, "Variables": MAP, "secrets": MAP, "Secrets": MAP},
    "minio": {
        "endpoint": STRING,
        "verify": BOOLEAN,
        "access_key": STRING,
        "secret_key": STRING,
        "region": STRING,
    },
    "s3": {"access_key": STRING, "secret_key": STRING, "region": STRING},
    "onedata": {"oneprovider_host": STRING, "token": STRING, "space": STRING},
    "webdav": {"hostname": STRING, "login": STRING, "password": STRING},
    "rucio": {
        "host": STRING,
        "auth_host": STRING,
        "account": STRING,
        "rse": STRING,
        "refresh_token": STRING,
        "oidc_audience": STRING,
        "token_endpoint": STRING,
    },
    "cluster": {
        "endpoint": STRING,
        "auth_user": STRING,
        "auth_password": STRING,
        "ssl_verify": BOOLEAN,
    },
}
PROVIDERS = ("minio", "s3", "onedata", "webdav", "rucio")
INPUT_PROVIDERS = ("minio", "webdav", "rucio")
SECRET_FIELDS = ("secret_key", "token", "password", "refresh_token", "auth_password")
RESERVED = ("OSCAR_SERVICE_NAME", "OSCAR_SERVICE_TOKEN", "OSCAR_SERVICE_BASE_PATH")
TOP = ("functions", "storage_providers", "clusters")
