"""What answers like the dashboard of a Ray cluster, and runs nothing."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NODE = {"node_id": "aa", "node_ip": "10.0.0.9", "state": "ALIVE", "resources_total": {"CPU": 8.0, "GPU": 2.0}}


class StandIn:
    """Answers like the dashboard of a cluster, and remembers what it was asked."""

    def __init__(self):
        self.version, self.token, self.nodes, self.jobs, self.asked, self.log = "2.60.0", None, [NODE], {}, [], b""
        self.refuses = None
        told = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self):
                told.answer(self)

            do_POST = do_PUT = do_GET

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request):
        size = int(request.headers.get("Content-Length") or 0)
        body, path = request.rfile.read(size), request.path.partition("?")[0]
        self.asked.append((request.command, request.path, body, request.headers.get("Authorization")))
        status, data = self.refuses or self.found(request.command, path, body)
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        request.send_response(status)
        if status == 302:
            request.send_header("Location", data.decode())
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def found(self, command, path, body):
        if path == "/api/jobs/":
            return self.submitted(json.loads(body))
        fixed = {
            "/api/version": (200, {"ray_version": self.version}),
            "/api/v0/nodes": (200, {"data": {"result": {"result": self.nodes}}}),
            "/api/v0/logs/file": (200, self.log) if self.log else (500, b"A file is not found at: somewhere"),
        }
        if path in fixed:
            return fixed[path]
        if path.startswith("/api/packages"):
            return (200, b"") if command == "PUT" else (404, b"no such package")
        name = path.removeprefix("/api/jobs/").removesuffix("/stop")
        return (200, self.jobs[name]) if name in self.jobs else (404, b"Job does not exist")

    def submitted(self, asked):
        if asked["submission_id"] in self.jobs:
            return 500, b"ValueError: Job with submission_id already exists. Please use a different submission_id."
        self.jobs[asked["submission_id"]] = {"status": "PENDING", **asked}
        return 200, {}
