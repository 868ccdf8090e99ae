"""The shipped nginx site in front of a real `aap serve`: sizes, addresses, HTTPS, a folder, what outsiders may ask."""

from __future__ import annotations

import http.client
import io
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlmodel import select

from aap.records.applications import Document
from aap.services.platform import open_platform
from aap.settings import Settings
from tests.factories import PASSWORD, Factory
from tests.ports import free_port

pytestmark = pytest.mark.timeout(300)  # a server and a proxy are started: seconds on a busy machine

DEPLOY = Path(__file__).parents[3] / "deploy/nginx"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
TRIES = 3
TOO_LARGE = "L’envoi est trop lourd"


def put_certificate(folder: Path) -> None:
    """A certificate of nobody, for an hour."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


@dataclass
class Site:
    """The ports of a site on its own name, of its plain-HTTP neighbour, of one below a folder, and of aap itself."""

    tls: int
    plain: int
    folder: int
    aap: int
    email: str = ""
    application_id: str = ""
    instance: Path = Path()


def put_site(place: Path, site: Site) -> Path:
    """The shipped files with ports and paths of this test in the place of Debian's; nothing else in them changes."""
    put_certificate(place)
    snippets = place / "snippets"
    snippets.mkdir()

    def ours(name: str, ports: Mapping[str, str]) -> str:
        text = (DEPLOY / name).read_text()
        for there, here in {
            **ports,
            "/etc/nginx/snippets/": f"{snippets}/",
            "/etc/ssl/aap/": f"{place}/",
            "127.0.0.1:8000": f"127.0.0.1:{site.aap}",
        }.items():
            text = text.replace(there, here)
        return text

    for name in ("aap-proxy.conf", "aap-without-body.conf", "aap-away.conf"):
        (snippets / name).write_text(ours(name, {}))
    own = {
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{site.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{site.tls} ssl http2;",
        "https://aap.example.org": f"https://127.0.0.1:{site.tls}",
        "server_name aap.example.org;": "server_name 127.0.0.1;",
    }
    shipped = (DEPLOY / "aap.conf").read_text()
    assert [there for there in own if there not in shipped] == []
    (place / "aap.conf").write_text(ours("aap.conf", own))
    (place / "folder.conf").write_text(ours("aap-below-a-folder.conf", {}))
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (place / name).mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(f"""
{user} daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; gzip on; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
  fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
  include {place}/aap.conf;
  server {{
    listen 127.0.0.1:{site.folder} ssl; ssl_certificate {place}/fullchain.pem; ssl_certificate_key {place}/privkey.pem;
    include {place}/folder.conf;
  }}
}}
""")
    return place / "nginx.conf"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if NGINX is None:
        pytest.fail("nginx is missing: sudo apt-get install nginx-light")
    place = tmp_path_factory.mktemp("nginx")
    found = Site(free_port(), free_port(), free_port(), free_port(), instance=place / "instance")
    environment = {
        "AAP_INSTANCE": str(found.instance),
        "AAP_ENVIRONMENT": "production",
        "AAP_SECRET_KEY": "5Uq0vK7ZrB2mXw9cT4eLh8sJ1yPdNf6aGoQi3RtHkWnE",
        "AAP_BASE_URL": f"https://127.0.0.1:{found.tls}",
        "AAP_TRUSTED_PROXIES": "1",
        "AAP_ARRIVAL_HEADER": "X-Aap-Arrived",
        "AAP_TRIES_OF_ADDRESS": str(TRIES),
        "AAP_METRICS_TOKEN": "un-jeton-d-essai",
    }
    _fill(found, environment["AAP_SECRET_KEY"])
    configuration = put_site(place, found)
    command = [NGINX, "-p", str(place), "-c", str(configuration), "-e", str(place / "error.log")]
    assert subprocess.run([*command, "-t", "-q"], capture_output=True, text=True, check=False).stderr == ""
    serve = [sys.executable, "-m", "aap.cli", "serve", "--port", str(found.aap), "--workers", "2"]
    with (place / "serve.log").open("w") as log:
        aap = subprocess.Popen(serve, env={**os.environ, **environment}, stdout=log, stderr=log)
        nginx = subprocess.Popen(command)
        try:
            _wait(found, aap)
            yield found
        finally:
            for process in (nginx, aap):
                process.terminate()
            for process in (nginx, aap):
                process.wait(timeout=60)


def _fill(site: Site, secret: str) -> None:
    platform = open_platform(Settings(instance=site.instance, environment="testing", secret_key=secret))
    factory = Factory(platform)
    person = factory.person()
    site.email = person.email
    site.application_id = factory.application(factory.call(), factory.association(person)).id
    platform.database.dispose()


def _wait(site: Site, aap: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert aap.poll() is None
        with suppress(OSError):
            if Visitor(site).get("/sante").status == 200:
                return
        time.sleep(0.3)
    raise AssertionError("aap does not answer behind nginx")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    cookies: tuple[str, ...]


@dataclass
class Visitor:
    """Somebody at an address of their own, with the cookies that they got."""

    site: Site
    source: str = "127.0.0.1"
    below: str = ""
    jar: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = self.site.folder if self.below else self.site.tls
        link = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=60, source_address=(self.source, 0), context=context
        )
        sent = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items()),
            "Referer": f"https://127.0.0.1:{port}/",
            **(headers or {}),
        }
        with closing(link):
            chunked = body is not None and not isinstance(body, bytes)
            with suppress(ConnectionError, ssl.SSLError):  # it is refused while it is still sending
                link.request(method, self.below + path, body, sent, encode_chunked=chunked)
            answer = link.getresponse()
            found = tuple(answer.headers.get_all("Set-Cookie") or ())
            for cookie in found:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.jar[name] = value
            return Answer(answer.status, dict(answer.headers), answer.read().decode(), found)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, page: str, fields: Mapping[str, str], **headers: str) -> Answer:
        body = urllib.parse.urlencode({**fields, "csrf_token": self.token(page)}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, kind | {name.replace("_", "-"): value for name, value in headers.items()})

    def sign_in(self, email: str, password: str = PASSWORD, **headers: str) -> Answer:
        return self.post("/connexion", "/connexion", {"email": email, "password": password}, **headers)


def document(size: int) -> bytes:
    """A PDF of about so many bytes that compress no further."""
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.pages[0].obj.Contents = pikepdf.Stream(made, b"")
        made.Root.Essai = pikepdf.Stream(made, os.urandom(size))
        out = io.BytesIO()
        made.save(out)
    return out.getvalue()


def upload(visitor: Visitor, content: bytes, *, chunked: bool = False) -> Answer:
    here = f"/association/dossiers/{visitor.site.application_id}"
    token = visitor.token(f"{here}/sections/projet")
    head = (
        f'--B\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        '--B\r\nContent-Disposition: form-data; name="f.statuts"; filename="statuts.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    body = head.encode() + content + b"\r\n--B--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=B"}
    pieces = (body[start : start + 1_000_000] for start in range(0, len(body), 1_000_000))
    if chunked:
        kind["Transfer-Encoding"] = "chunked"
    return visitor.ask("POST", f"{here}/pieces/statuts", pieces if chunked else body, kind)


@pytest.fixture
def member(site: Site) -> Visitor:
    visitor = Visitor(site, "127.0.0.10")
    assert visitor.sign_in(site.email).status == 302
    return visitor


def test_nine_megabytes_arrive(site: Site, member: Visitor) -> None:
    content = document(9_000_000)
    answer = upload(member, content)
    assert answer.status == 200, answer.text[:2000]
    platform = open_platform(Settings(instance=site.instance, environment="testing"), migrate=False)
    with platform.database.reading() as session:
        kept = session.exec(select(Document)).one()
    platform.database.dispose()
    assert (kept.name, kept.size >= 9_000_000) == ("statuts.pdf", True)


@pytest.mark.parametrize("chunked", [False, True])
def test_sixty_five_megabytes_are_refused_by_our_own_page(member: Visitor, chunked: bool) -> None:
    answer = upload(member, b"\0" * 65_000_000, chunked=chunked)
    assert (answer.status, TOO_LARGE in answer.text, "60\u00a0Mo" in answer.text) == (413, True, True)
    assert "nginx" not in answer.text


def test_a_form_that_only_the_application_finds_too_long_is_told_by_the_same_page(site: Site) -> None:
    visitor = Visitor(site, "127.0.0.11")
    answer = visitor.sign_in("a" * 3_000_000)
    assert (answer.status, TOO_LARGE in answer.text) == (413, True)


def test_cookies_are_for_https_only_and_plain_http_leads_there(site: Site, member: Visitor) -> None:
    page = Visitor(site).get("/connexion")
    assert page.cookies
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in page.cookies)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    with closing(http.client.HTTPConnection("127.0.0.1", site.plain, timeout=30)) as link:
        link.request("GET", "/resultats?page=2")
        answer = link.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, f"https://127.0.0.1:{site.tls}/resultats?page=2")


def test_addresses_count_apart_and_a_forged_one_is_not_believed(site: Site) -> None:
    first, second = Visitor(site, "127.0.0.2"), Visitor(site, "127.0.0.3")
    refused = [first.sign_in(f"personne{number}@example.org", "faux").status for number in range(TRIES + 1)]
    assert refused[-1] == 429
    assert 429 not in refused[:-1]
    assert first.sign_in("autre@example.org", "faux", X_Forwarded_For="127.0.0.9").status == 429
    assert second.sign_in("autre@example.org", "faux").status == refused[0]


def test_a_site_below_a_folder_leads_nowhere_else(site: Site) -> None:
    visitor = Visitor(site, "127.0.0.12", below="/aap")
    page = visitor.get("/connexion")
    assert page.status == 200
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert addresses
    assert [one for one in addresses if not one.startswith("/aap/")] == []
    assert page.cookies
    assert all("Path=/aap/;" in f"{cookie};" for cookie in page.cookies)
    assert visitor.sign_in(site.email).headers["Location"].startswith("/aap/")
    refused = upload(visitor, b"\0" * 61_000_000)
    assert (refused.status, TOO_LARGE in refused.text) == (413, True)


def test_a_prefix_that_a_visitor_forges_changes_no_address(site: Site) -> None:
    assert "/ailleurs/" not in Visitor(site).get("/connexion", X_Forwarded_Prefix="/ailleurs").text


def test_figures_are_for_the_machine_itself_or_by_token(site: Site) -> None:
    visitor = Visitor(site)
    assert visitor.get("/metrics").status == 404
    assert visitor.get("/metrics", Authorization="Bearer un-autre").status == 404
    shown = visitor.get("/metrics", Authorization="Bearer un-jeton-d-essai")
    assert (shown.status, "aap_disk_free_bytes " in shown.text) == (200, True)
    with closing(http.client.HTTPConnection("127.0.0.1", site.aap, timeout=30)) as link:
        link.request("GET", "/metrics")
        assert link.getresponse().status == 200
    assert Visitor(site, "127.0.0.4").get("/sante/complet").status == 403


def test_while_the_application_is_away_a_page_of_ours_says_so(tmp_path: Path) -> None:
    if NGINX is None:
        pytest.fail("nginx is missing: sudo apt-get install nginx-light")
    site = Site(free_port(), free_port(), free_port(), free_port())
    nginx = subprocess.Popen(
        [NGINX, "-p", str(tmp_path), "-c", str(put_site(tmp_path, site)), "-e", str(tmp_path / "e")]
    )
    try:
        answer = None
        for _ in range(100):
            with suppress(OSError):
                answer = Visitor(site).get("/")
                break
            time.sleep(0.1)
    finally:
        nginx.terminate()
        nginx.wait(timeout=30)
    assert answer is not None
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "Le service est interrompu" in answer.text
