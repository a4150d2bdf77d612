"""What stands round the service as its page shows it: nginx in front of it, systemd over it."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import brotli
import pytest

from tests.docs.examples import ROOT
from tests.hunt.service_running import Running, serving

pytestmark = pytest.mark.long

PAGE = ROOT / "docs" / "operations.md"
PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HERE = "lon=106.5734&lat=29.5601"
PATIENCE_S = 30


def example(title: str) -> str:
    found = re.search(rf"## {title}\n.*?```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def trusting() -> ssl.SSLContext:
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    return anybody


class Front:
    """nginx as the page configures it, but for paths and ports."""

    def __init__(self, folder: Path, service: Running) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        own = example("nginx").replace("listen 443", f"listen 127.0.0.1:{self.port}")
        own = own.replace("/etc/ssl/", f"{folder}/").replace("/var/log/nginx/", f"{folder}/")
        own = own.replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")
        temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in PLACES)
        usual = f"pid {folder}/pid; error_log {folder}/start.log; events {{}}"
        (folder / "nginx.conf").write_text(f"{usual} http {{ {temporary}\n{own} }}", "utf-8")
        key = ["-keyout", "circles.example.key", "-out", "circles.example.pem", "-subj", "/CN=circles.example"]
        new = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        subprocess.run(["openssl", "req", *new, *key], cwd=folder, check=True, capture_output=True)

    def started(self) -> subprocess.Popen[bytes]:
        """Run it until it listens."""
        assert NGINX
        command = [NGINX, "-p", str(self.folder), "-c", "nginx.conf", "-g", "daemon off;"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                assert process.poll() is None, self.logged()
                time.sleep(0.05)
        return process

    def get(self, path: str, **headers: str) -> tuple[int, bytes, Message]:
        """Ask for a path over TLS."""
        line = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE_S, context=trusting())
        try:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            line.close()

    def logged(self) -> str:
        """Return all that it has logged."""
        return "".join(log.read_text("utf-8") for log in self.folder.glob("*.log"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("served")
    few = ("--rate-per-s", "0.001", "--burst", "6")
    with serving(folder, "--bundle", str(bundle), "--trusted-proxies", "127.0.0.1", *few) as running:
        yield running


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, service: Running) -> Iterator[Front]:
    if NGINX is None or shutil.which("openssl") is None:
        pytest.skip("needs nginx and openssl (Debian: apt-get install nginx-light openssl)")
    front = Front(tmp_path_factory.mktemp("front"), service)
    process = front.started()
    yield front
    process.terminate()
    process.wait(PATIENCE_S)


def test_answers_pass_with_their_tags_packing_and_headers(front: Front, service: Running) -> None:
    straight = service.get("/collections", **{"Accept-Encoding": "br"})[2]
    status, body, headers = front.get("/collections", **{"Accept-Encoding": "br"})
    assert status == 200
    assert all(link["href"].startswith("https://127.0.0.1/") for link in json.loads(brotli.decompress(body))["links"])
    for name in ("content-encoding", "content-security-policy", "vary"):
        assert headers[name] == straight[name]
    assert headers["etag"].startswith('"')
    assert "max-age" in headers["strict-transport-security"]
    status, body, _ = front.get("/collections", **{"Accept-Encoding": "br", "If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


def test_it_speaks_http_2(front: Front) -> None:
    asking = trusting()
    asking.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", front.port), PATIENCE_S) as line,
        asking.wrap_socket(line, server_hostname="circles.example") as spoken,
    ):
        assert spoken.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize("path", ["/metrics", "/admin/", "/admin/places"])
def test_what_is_the_office_s_own_is_hidden(front: Front, path: str) -> None:
    assert front.get(path)[0] == 403


def test_who_claims_another_address_is_still_himself(front: Front) -> None:
    told = [front.get("/healthz", **{"X-Forwarded-For": f"203.0.113.{k}"})[0] for k in range(12)]
    assert told[-1] == 429


def test_no_log_holds_where_somebody_is_not_even_when_the_service_is_down(front: Front, service: Running) -> None:
    front.get(f"/nearest?{HERE}")
    service.process.kill()
    service.process.wait(PATIENCE_S)
    assert front.get(f"/nearest?{HERE}")[0] == 502
    assert "GET 502" in front.logged()
    for told in ("nearest", *HERE.split("&")):
        assert told not in front.logged() + service.log.read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "servicecircle.service"
    unit.write_text(example("systemd").replace("/opt/servicecircle/.venv/bin/python", sys.executable), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = ["systemd-analyze", "security", "--offline=true", str(unit)]
    score = re.search(r"exposure level for servicecircle.service: ([0-9.]+)", subprocess.check_output(told, text=True))
    assert score
    assert f"exposure at {score[1]} of 10" in PAGE.read_text("utf-8")
