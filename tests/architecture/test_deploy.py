"""The examples of a deployment say what this code understands."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from service.app import OPEN
from service.settings import PREFIX, Settings
from tests.conftest import ROOT

KNOWN = {PREFIX + name.upper(): name for name in Settings.model_fields}


def checked(environment: dict[str, Any]) -> None:
    """Names and values that the settings take."""
    ours = {name: str(value) for name, value in environment.items() if name.startswith(PREFIX)}
    assert set(ours) <= set(KNOWN)
    Settings(**{KNOWN[name]: value for name, value in ours.items()})


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    text = (ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


@pytest.fixture(scope="module")
def pod(objects) -> dict[str, Any]:
    found: dict[str, Any] = objects["Deployment"]["spec"]["template"]["spec"]
    return found


def test_settings_of_kubernetes_are_settings_of_the_service(objects, pod):
    (container,) = pod["containers"]
    checked(objects["Secret"]["stringData"])
    checked({one["name"]: one["value"] for one in container["env"]})
    assert container["envFrom"] == [{"secretRef": {"name": objects["Secret"]["metadata"]["name"]}}]


def test_no_variable_of_a_service_reaches_the_settings(pod):
    assert pod["enableServiceLinks"] is False


def test_what_kubernetes_names_is_there(objects, pod):
    (container,) = pod["containers"]
    paths = {route.path for router in OPEN for route in router.routes}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        assert container[probe]["httpGet"]["path"] in paths
        assert container[probe]["httpGet"]["port"] == container["ports"][0]["name"]
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Service"]["spec"]["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert objects[kind]["spec"]["selector"]["matchLabels"] == labels
    claims = {volume.get("persistentVolumeClaim", {}).get("claimName") for volume in pod["volumes"]}
    assert objects["PersistentVolumeClaim"]["metadata"]["name"] in claims
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert f"USER {pod['securityContext']['runAsUser']}" in dockerfile
    assert f"EXPOSE {container['ports'][0]['containerPort']}" in dockerfile
    assert container["volumeMounts"][0]["mountPath"] in dockerfile


def test_a_stop_has_the_time_that_it_needs(pod):
    needed_s = Settings().timeout_s + 10 + 5
    assert pod["terminationGracePeriodSeconds"] >= needed_s
    assert pod["containers"][0]["resources"]["limits"]


def test_settings_of_compose_are_settings_of_the_service():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    for service in services.values():
        checked(service.get("environment", {}))
    alone = [name for name, one in services.items() if "profiles" not in one]
    assert alone == ["ocr"], "docker compose up starts the one service"
    for name in ("ocr", "replica", "gateway", "redis"):
        assert services[name]["read_only"] is True, name
        assert services[name]["mem_limit"], name
    for port in services["ocr"]["ports"] + services["gateway"]["ports"]:
        assert port.startswith("127.0.0.1:")
    for volume in services["gateway"]["volumes"]:
        assert (ROOT / volume.split(":")[0]).is_file()


@pytest.mark.parametrize("profile", [[], ["--profile", "scale"]])
def test_compose_itself_takes_the_file(profile):
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("no docker-compose on this machine")
    done = subprocess.run(
        [program, *profile, "config", "--services"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    scaled = {"gateway", "replica", "postgres", "redis"} if profile else set()
    assert {"ocr"} | scaled <= set(done.stdout.split())


def test_the_gateways_limits_fit_the_services():
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")

    def value(name: str, nth: int = 0) -> int:
        return int(re.findall(rf"^\s+{name} (\d+)[sm]?;", text, re.MULTILINE)[nth])

    limits = Settings()
    usual, jobs = value("client_max_body_size"), value("client_max_body_size", 1)
    assert limits.max_body_bytes <= usual * 2**20 <= 1.2 * limits.max_body_bytes
    assert limits.job_max_bytes <= jobs * 2**20 <= 1.2 * limits.job_max_bytes
    assert value("proxy_read_timeout") > limits.timeout_s
    assert value("proxy_read_timeout", 2) > limits.stream_idle_s
    upstream = re.search(r"upstream replicas {.*?\n    }", text, re.DOTALL)
    assert upstream
    kept = re.search(r"keepalive_timeout (\d+)s", upstream[0])
    assert kept
    assert int(kept[1]) < limits.keep_alive_s, "a replica would close what nginx uses"
    code = re.sub(r"#.*", "", text)
    assert "non_idempotent" not in code
