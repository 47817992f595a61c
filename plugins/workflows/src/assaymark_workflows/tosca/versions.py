"""The versions of the Simple Profile in YAML, and the next one."""

from __future__ import annotations

VERSIONS = ("tosca_simple_yaml_1_0", "tosca_simple_yaml_1_0_0", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_2",
            "tosca_simple_yaml_1_3")  # fmt: skip # many short items
OTHER_PROFILES = ("tosca_simple_profile_for_nfv", "tosca_simple_profile_for_mec")
SECOND = "tosca_2_0"
