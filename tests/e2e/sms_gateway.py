"""sms_gateway.py RECORD: an SMS gateway for the tests, of Python's standard library alone. Prints its port, then serves until it is killed.

What it takes is a line of RECORD, to the number and with the id, written before it answers. A number's last digit says how it behaves: 1 takes; 2 is busy (429), takes the second time; 3 refuses for good
and says the number; 4 refuses for good and says nothing of it; 5 takes and drops the connection without an answer; 6 is busy with Retry-After. Whoever has the wrong key is refused (401); at another path
nothing is found (404). SMS_DELAY: seconds between taking and answering.
"""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

record = open(sys.argv[1], "a", buffering=1, encoding="utf-8")
lock = threading.Lock()
busy = set()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, code, text="", headers=()):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        to = body["to"]
        if self.path != "/v1/messages":
            return self.answer(404)
        if self.headers.get("Authorization") != "Bearer s3cret":
            return self.answer(401, "who are you?")
        mode = to[-1]
        if mode == "2" and to not in busy:
            busy.add(to)
            return self.answer(429, "busy")
        if mode == "3":
            return self.answer(422, json.dumps({"error": "the number %s is not in service" % to}))
        if mode == "4":
            return self.answer(400, json.dumps({"error": "no recipient"}))
        if mode == "6":
            return self.answer(429, headers=[("Retry-After", "7200")])
        with lock:
            record.write(json.dumps({"to": to, "text": body["message"], "id": body["ref"]}) + "\n")
        time.sleep(float(os.environ.get("SMS_DELAY", "0")))
        if mode == "5":
            self.close_connection = True
            return None
        return self.answer(202, "{}")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
