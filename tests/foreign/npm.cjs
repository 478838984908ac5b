// What the packages of npm make of our requests, and what they sign. Reads lines of JSON and answers
// each with a line.
const { createPublicKey, verify } = require("node:crypto");
const { createInterface } = require("node:readline");
const { CloudEvent, HTTP } = require("cloudevents");

const webhooks = {
  svix: require("svix").Webhook,
  standardwebhooks: require("standardwebhooks").Webhook,
};

const tasks = {
  // A request is verified, and its body parsed.
  verify: ({ library, secret, headers, body }) =>
    JSON.stringify(new webhooks[library](secret).verify(body, headers)),

  sign: ({ library, secret, id, timestamp, body }) =>
    new webhooks[library](secret).sign(id, new Date(timestamp * 1000), body),

  // A request is read as an event, which is validated by CloudEvents' own schema.
  cloudevent: ({ headers, body }) => {
    const event = HTTP.toEvent({ headers, body });
    event.validate();
    return JSON.stringify(event);
  },

  // An event is written as a body, structured.
  emit: ({ attributes }) => HTTP.structured(new CloudEvent(attributes)).body,

  // A signature of ed25519 is verified by the key of a document of public keys.
  ed25519: ({ jwks, headers, body }) => {
    const message = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const [scheme, signature] = headers["webhook-signature"].split(",");
    const accepted = JSON.parse(jwks).keys.some((key) =>
      verify(null, Buffer.from(message), createPublicKey({ key, format: "jwk" }), Buffer.from(signature, "base64")),
    );
    return `${scheme} ${accepted}`;
  },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { task, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = tasks[task](question);
  } catch (error) {
    answer = `${error.name}: ${error.message}`.replaceAll("\n", " ");
  }
  console.log(answer);
});
