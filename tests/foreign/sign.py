"""Reads lines of JSON {secret, timestamp, body} and prints for each the signature that Twenty's
documents describe (timestamp, colon, body), and the one of their sample read literally, which
stringifies the body a second time."""

import hashlib
import hmac
import json
import sys


def sign(secret, message):
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


for line in sys.stdin.buffer:
    case = json.loads(line)
    stringified = json.dumps(case["body"], ensure_ascii=False)
    documented = sign(case["secret"], f"{case['timestamp']}:{case['body']}")
    print(documented, sign(case["secret"], f"{case['timestamp']}:{stringified}"), flush=True)
