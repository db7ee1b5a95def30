"""A small provider of logins by OpenID Connect: whoever is asked for stands on its page as a link, without a password."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET = "rdpd-studio", "a secret that only both of them know"
ALGORITHM = "RS256"


@contextmanager
def provider(people: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give the address of a provider.

    Args:
        people: What it says of those who can log in, by the words of their link.
    """
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key, given = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": ALGORITHM}), {}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            if place.path == "/.well-known/openid-configuration":
                self.tell(metadata(self.server.server_address[1]))
            elif place.path == "/keys":
                self.tell({"keys": [key.as_dict(private=False)]})
            elif place.path == "/authorize" and "as" in asked:
                code = secrets.token_hex(8)
                given[code] = (asked["as"], asked.get("nonce", ""))
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
                self.end_headers()
            elif place.path == "/authorize":
                links = [link(f"{self.path}&{urlencode([('as', who)])}", who) for who in people]
                self.send(f"<h1>Who are you?</h1>{' '.join(links)}".encode(), "text/html")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            who, nonce = given.pop(body["code"][0])
            now, own = int(time.time()), f"http://127.0.0.1:{self.server.server_address[1]}"
            claims = {"iss": own, "sub": who, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": nonce, **people[who]}
            token = jwt.encode({"alg": ALGORITHM, "kid": "one"}, claims, key)
            self.tell({"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 600, "id_token": token})

        def tell(self, value: Mapping[str, Any]) -> None:
            self.send(json.dumps(value).encode(), "application/json")

        def send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as waiting:
        threading.Thread(target=waiting.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{waiting.server_address[1]}"
        waiting.shutdown()


def link(address: str, words: str) -> str:
    """Give a link of a page."""
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def metadata(port: int) -> dict[str, Any]:
    """Give what a provider says of itself."""
    own = f"http://127.0.0.1:{port}"
    return {
        "issuer": own,
        "authorization_endpoint": f"{own}/authorize",
        "token_endpoint": f"{own}/token",
        "jwks_uri": f"{own}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
    }
