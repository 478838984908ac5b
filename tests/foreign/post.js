// Signs bodies as Twenty's documents describe and posts them. Reads lines of JSON
// {url, secret, body, sent}: `body` is signed and `sent` is posted. Prints the status of each.
const { createHmac } = require("node:crypto");
const { request } = require("node:http");
const { createInterface } = require("node:readline");

function post(url, headers, body) {
  return new Promise((resolve, reject) => {
    const posting = request(url, { method: "POST", headers }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    posting.on("error", reject).end(body);
  });
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const { url, secret, body, sent } = JSON.parse(line);
    const timestamp = String(Date.now());
    const signature = createHmac("sha256", secret).update(`${timestamp}:${body}`, "utf8").digest("hex");
    const headers = {
      "Content-Type": "application/json",
      "X-Twenty-Webhook-Timestamp": timestamp,
      "X-Twenty-Webhook-Signature": signature,
    };
    console.log(await post(url, headers, sent));
  }
})();
