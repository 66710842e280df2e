"""A server on this machine: a port for it, and when it listens."""

import socket
import time


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until_listening(port: int, patience_s: float = 120) -> None:
    """Raises TimeoutError."""
    patient_until = time.monotonic() + patience_s
    while time.monotonic() < patient_until:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on {port}")
