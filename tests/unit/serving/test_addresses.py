"""Which request asks for health, and which public address is one that nobody serves."""

from __future__ import annotations

import socket

import pytest

from aap.serving.addresses import Listening, links_lead_elsewhere, take_port
from aap.serving.web_server import is_health
from aap.settings import Settings


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/sante", True),
        ("HEAD", "/sante", True),
        ("GET", "/appels-a-projets/sante/complet", True),
        ("POST", "/sante", False),
        ("GET", "/santeX", False),
        ("GET", "/appels", False),
    ],
)
def test_a_question_about_health_is_told_by_its_address(method: str, path: str, asked: bool) -> None:
    assert is_health(method, path) is asked


@pytest.mark.parametrize(
    ("base_url", "elsewhere"),
    [
        ("http://127.0.0.1:8001", False),
        ("http://127.0.0.1:8001/appels", False),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost", True),
        ("https://appels.example.org", False),
        ("http://10.0.0.7:9000", False),
    ],
)
def test_an_address_of_this_machine_with_another_port_leads_elsewhere(base_url: str, elsewhere: bool) -> None:
    with socket.socket() as any_socket:
        listening = Listening(any_socket, "127.0.0.1", 8001)
        assert links_lead_elsewhere(Settings(base_url=base_url), listening) is elsewhere


@pytest.mark.parametrize(("host", "reached"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])
def test_a_free_port_is_taken_and_its_address_told(host: str, reached: str) -> None:
    listening = take_port(host, 0)
    with listening.socket:
        port = listening.socket.getsockname()[1]
        assert (listening.port, listening.address) == (port, f"http://{reached}:{port}")
