"""Two receivers, by HTTP and by HTTPS: tells their ports, and then the way of each request."""

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def handler(way):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            print(way, self.headers["webhook-id"], body.decode(), flush=True)

        def log_message(self, *_):
            pass

    return Handler


certificate, key = sys.argv[1:]
http = ThreadingHTTPServer(("127.0.0.1", 0), handler("http"))
https = ThreadingHTTPServer(("127.0.0.1", 0), handler("https"))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
https.socket = context.wrap_socket(https.socket, server_side=True)
print(http.server_port, https.server_port, flush=True)
threading.Thread(target=http.serve_forever, daemon=True).start()
threading.Thread(target=https.serve_forever, daemon=True).start()
# They end with who has started this.
sys.stdin.read()
