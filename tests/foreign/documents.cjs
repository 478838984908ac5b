// What the packages of npm make of the documents of a catalogue. Reads lines of JSON and answers each
// with a line: "ok", or what is wrong.
const { createInterface } = require("node:readline");
const Ajv = require("ajv/dist/2020");
const formats = require("ajv-formats");
const { Parser } = require("@asyncapi/parser");
const { Validator } = require("@seriousme/openapi-schema-validator");

const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false });
formats(ajv);
// They say how large a number may be, which its limits say too.
for (const name of ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "double"]) {
  ajv.addFormat(name, true);
}
let validate;

const tasks = {
  // The schema that the bodies after it are validated by.
  schema: ({ document }) => {
    validate = ajv.compile(JSON.parse(document));
    return "ok";
  },

  body: ({ body }) => (validate(JSON.parse(body)) ? "ok" : ajv.errorsText(validate.errors)),

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
