# A receiver that verifies by the README's function, which stands above: 200 or 401. It prints its
# port, and for each verified request the text of its body, as JSON.
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        verified = verify(sys.argv[1], self.headers, body)
        if verified:
            print(json.dumps(body.decode()), flush=True)
        self.send_response(200 if verified else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
