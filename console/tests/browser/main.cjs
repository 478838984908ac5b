'use strict';
// Runs one scenario: `node main.cjs NAME`, with what it needs as JSON on the standard input.

const { readFileSync } = require('node:fs');
const { Console } = require('./console.cjs');
const life = require('./life.cjs');
const look = require('./pages.cjs');

const SCENARIOS = {
  life: (console) => life(console, true),
  'life-without-script': (console) => life(console, false),
  pages: (console, { pictures }) => look(console, pictures),
};

async function main() {
  const given = JSON.parse(readFileSync(0, 'utf8'));
  const console = new Console(given);
  await SCENARIOS[process.argv[2]](console, given);
  await console.close();
}

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error.stack ?? error}\n`);
  process.exit(1);
});
