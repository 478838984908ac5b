// What the packages of npm make of the documents of a catalogue. Reads lines of JSON and answers each
// with a line: "ok", or what is wrong.
const { createInterface } = require("node:readline");
const Ajv7 = require("ajv");
const Ajv2020 = require("ajv/dist/2020");
const formats = require("ajv-formats");
const { Parser } = require("@asyncapi/parser");
const { Validator } = require("@seriousme/openapi-schema-validator");

function validator(Ajv, options) {
  const ajv = new Ajv(options);
  formats(ajv);
  // They say how large a number may be, which its limits say too.
  for (const name of ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "double"]) {
    ajv.addFormat(name, true);
  }
  return ajv;
}
let validate;

const tasks = {
  // The schema that the bodies after it are validated by.
  schema: ({ document }) => {
    const options = { strict: true, strictRequired: false, strictTypes: false };
    validate = validator(Ajv2020, options).compile(JSON.parse(document));
    return "ok";
  },

  // The schemas of another document, each in its own draft.
  schemas: ({ document }) => {
    const { asyncapi, webhooks, components } = JSON.parse(document);
    const oneOf = asyncapi
      ? Object.values(components.messages).map((message) => message.payload)
      : Object.values(webhooks).map(({ post }) => post.requestBody.content["application/json"].schema);
    validate = validator(asyncapi ? Ajv7 : Ajv2020, { strict: false }).compile({ oneOf, components });
    return "ok";
  },

  body: ({ body }) => (validate(JSON.parse(body)) ? "ok" : JSON.stringify(validate.errors)),

  asyncapi: async ({ document }) => {
    const problems = await new Parser().validate(document);
    // That a later version of the specification exists is no error.
    const errors = problems.filter((problem) => problem.code !== "asyncapi-latest-version");
    return errors.length === 0 ? "ok" : JSON.stringify(errors);
  },

  openapi: async ({ document }) => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(document));
    return valid && validator.version === "3.1" ? "ok" : JSON.stringify(errors ?? validator.version);
  },
};

// One after the other.
let last = Promise.resolve();
createInterface({ input: process.stdin }).on("line", (line) => {
  last = last.then(async () => {
    let answer;
    try {
      const { task, ...question } = JSON.parse(line);
      answer = await tasks[task](question);
    } catch (error) {
      answer = `error: ${error.message}`.replaceAll("\n", " ");
    }
    console.log(answer);
  });
});
