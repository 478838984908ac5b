// A receiver that verifies by the README's function, which stands above: 204 or 401. It prints its
// port, and for each verified request the text of its body, as JSON.
const { createServer } = require("node:http");

const [secret] = process.argv.slice(2);
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const verified = verify(secret, request.headers, body);
    if (verified) console.log(JSON.stringify(body.toString("utf8")));
    response.writeHead(verified ? 204 : 401).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
