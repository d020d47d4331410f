"""Receives webhooks as the Standard Webhooks specification describes them, with the standard library only.

Usage: receive_webhooks.py SEED FAILURES
Reads one line `PATH SECRET` for each webhook, and answers 503 before. Prints one line of JSON for
each request, and `{"port": N}` first. The share FAILURES of the requests fails at random: with 500,
429, 410, resets and hangs.
"""
import base64
import hashlib
import hmac
import json
import random
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
HANG_SECONDS = 20
FAILURES = {"500": 80, "429": 40, "410": 10, "reset": 60, "hang": 2}

chance = random.Random(int(sys.argv[1]))
failing = float(sys.argv[2])
lock = threading.Lock()
secrets = {}


def report(**fields):
    with lock:
        print(json.dumps(fields), flush=True)


def is_signed(secret, headers, body):
    key = base64.b64decode(secret[len("whsec_"):])
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = headers["webhook-id"].encode() + b"." + timestamp.encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    candidates = [one.partition(",") for one in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(value, expected) for version, _, value in candidates)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path not in secrets:
            self.reply(503)
            return
        event = json.loads(body)
        with lock:
            fails = chance.random() < failing
            outcome = chance.choices(list(FAILURES), list(FAILURES.values()))[0] if fails else "200"
        report(
            path=self.path,
            message=self.headers["webhook-id"],
            id=event["data"]["id"],
            type=event["type"],
            signed=is_signed(secrets[self.path], self.headers, body),
            addresses=b"@users.invalid" in body,
            outcome=outcome,
        )
        if outcome == "hang":
            time.sleep(HANG_SECONDS)
            self.close_connection = True
        elif outcome == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.reply(int(outcome))

    def reply(self, status):
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A killed instance closes its connections."""


server = Server(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
report(port=server.server_address[1])
for line in sys.stdin:
    path, secret = line.split()
    secrets[path] = secret
