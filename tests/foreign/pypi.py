# What the package of PyPI makes of our requests, and what it signs. Reads lines of JSON and answers
# each with a line.
import json
import sys
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook


def answer(question):
    webhook = Webhook(question["secret"])
    if question["task"] == "sign":
        time = datetime.fromtimestamp(question["timestamp"], tz=timezone.utc)
        return webhook.sign(question["id"], time, question["body"])
    return json.dumps(webhook.verify(question["body"], question["headers"]))


for line in sys.stdin:
    try:
        print(answer(json.loads(line)), flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
