"""Whoever sits at the port: asking whether the platform is ready gives a yes or a no."""

from __future__ import annotations

import socket
import threading

import pytest

from duokua.kernel import environment
from duokua.project.supervisor import is_ready

ANSWERS = {
    b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"status": "ok"}': True,
    b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"no"}': False,
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>": False,
    b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n": False,
    b"GET /readyz HTTP/1.1\r\n\r\n": False,  # a port that is connected with itself
    b"SSH-2.0-x\r\n": False,
    b"": False,
}


@pytest.mark.parametrize(("answer", "ready"), list(ANSWERS.items()))
def test_any_answer(answer: bytes, ready: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert is_ready(environment.read({"DUOKUA_PORT": str(port)})) is ready
        thread.join()
    assert not is_ready(environment.read({"DUOKUA_PORT": str(port)}))
