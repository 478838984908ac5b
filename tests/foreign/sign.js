// Reads lines of JSON {secret, timestamp, body} and prints for each the signature that Twenty's
// documents describe (timestamp, colon, body), and the one of their sample read literally, which
// stringifies the body a second time.
const { createHmac } = require("node:crypto");
const { createInterface } = require("node:readline");

const sign = (secret, message) => createHmac("sha256", secret).update(message, "utf8").digest("hex");

createInterface({ input: process.stdin }).on("line", (line) => {
  const { secret, timestamp, body } = JSON.parse(line);
  const documented = sign(secret, `${timestamp}:${body}`);
  const doubleEncoded = sign(secret, `${timestamp}:${JSON.stringify(body)}`);
  console.log(`${documented} ${doubleEncoded}`);
});
