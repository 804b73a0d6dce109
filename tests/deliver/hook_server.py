"""hook_server.py: a receiver of webhooks and an SMS gateway for the tests, of Python's standard library alone. Prints "port N", then serves until it is killed.

The path says how it behaves: /ok, /status/CODE, /later (500 the first time, then 200), /wait/SECONDS (429 with Retry-After), /slow, /drop (reads all, answers nothing), /cut (begins an
answer of 1000 bytes and stops), /sms/number (422, saying the number), /redirect, /big (200 KB), /endless, /early (closes without reading). Everything received is kept; GET /log gives it
as JSON and empties it. Below /signed/ a webhook is answered by 401 unless its signature holds, which is checked here with code that has nothing of the sender's. Below /sms/ a JSON or form body is taken apart; the log has what it said.
"""
import base64
import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

secrets = [base64.b64decode(s[len("whsec_"):]) for s in sys.argv[1:]]
log = []
lock = threading.Lock()
later = set()


def signed(headers, body):
    given = headers.get("webhook-signature", "").split(" ")
    text = ("%s.%s." % (headers.get("webhook-id"), headers.get("webhook-timestamp"))).encode() + body
    wanted = ["v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode() for key in secrets]
    return any(hmac.compare_digest(g, w) for g in given for w in wanted)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, code, body=b"", headers=(), length=None):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with lock:
            text = json.dumps(log).encode()
            log.clear()
        self.answer(200, text)

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        entry = {"path": self.path, "body": body.decode("utf-8", "replace"), "headers": {k.lower(): v for k, v in self.headers.items()}, "signed": signed(self.headers, body)}
        parts = self.path.strip("/").split("/")
        if parts[0] == "sms":
            form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
            entry["said"] = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)) if form else json.loads(body)
        with lock:
            log.append(entry)
        if parts[0] in ("sms", "signed"):
            parts = parts[1:]
        return entry, parts

    def do_POST(self):
        if self.path.endswith("/early"):
            self.close_connection = True
            return
        entry, parts = self.take()
        mode = parts[0]
        if "/signed/" in self.path and not entry["signed"]:
            return self.answer(401, b"no signature of ours")
        if mode == "ok":
            return self.answer(200, b"{\"ok\": true}")
        if mode == "status":
            return self.answer(int(parts[1]), b"line one\nline two \x1b[31m\xff")
        if mode == "number":
            return self.answer(422, ("no such number: %s" % entry["said"]["to"][0]).encode())
        if mode == "later":
            first = self.path not in later
            later.add(self.path)
            return self.answer(500 if first else 200)
        if mode == "wait":
            return self.answer(429, headers=[("Retry-After", parts[1])])
        if mode == "slow":
            time.sleep(5)
            return self.answer(200)
        if mode == "drop":
            self.close_connection = True
            return None
        if mode == "cut":
            self.close_connection = True
            return self.answer(200, b"begun", length=1000)
        if mode == "redirect":
            return self.answer(302, headers=[("Location", "/ok")])
        if mode == "big":
            return self.answer(200, b"x" * 200000)
        if mode == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"y" * 65536)
            except OSError:
                return None
        return self.answer(404)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print("port", server.server_address[1], flush=True)
server.serve_forever()
