# python3 receiver.py
import hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ["WEBHOOK_SECRET"].encode()


def is_genuine(headers, body):
    timestamp = headers.get("X-Twenty-Webhook-Timestamp", "")
    signature = headers.get("X-Twenty-Webhook-Signature", "")
    # Older than 5 minutes: perhaps overheard, and sent again.
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp) / 1000) > 300:
        return False
    expected = hmac.new(SECRET, timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature.encode(), expected.encode())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        # The bytes as they came: JSON that was parsed and written again has another signature.
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        genuine = is_genuine(self.headers, body)
        self.send_response(204 if genuine else 401)
        self.end_headers()
        if genuine:
            event = json.loads(body)
            print(event["event"], event["data"])


HTTPServer(("127.0.0.1", 3000), Receiver).serve_forever()
