'use strict';
// A console in a browser, and a receiver of its own: what the scenarios have in common.

const assert = require('node:assert/strict');
const http = require('node:http');
const { chromium } = require('playwright-core');

/// How long anything is waited for.
const PATIENCE = 20_000;

/// Waits until what is asked is true.
async function until(what, ask) {
  const end = Date.now() + PATIENCE;
  while (!(await ask())) {
    assert.ok(Date.now() < end, `waited for this in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/// An endpoint that keeps its requests, and answers 500 under /fail.
async function receive() {
  const requests = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.statusCode = request.url.startsWith('/fail') ? 500 : 204;
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { requests, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

class Console {
  constructor({ url, key, program, profile }) {
    Object.assign(this, { url, key, program, profile });
    this.wrong = [];
  }

  /// Asks the API.
  async api(method, path, body) {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.url}/api${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }

  async emit(event, id) {
    const answer = await this.api('POST', '/events', { event, data: { id, email: 'ada@example.com' } });
    assert.ok(answer.status < 300, JSON.stringify(answer));
  }

  /// A page of a browser that nobody has used before.
  async open(options) {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: this.program,
      headless: true,
      chromiumSandbox: false,
      args: [
        '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync',
      ],
      ...options,
    });
    this.context.setDefaultTimeout(PATIENCE);
    const page = this.context.pages()[0] ?? await this.context.newPage();
    // A script that fails, or that the policy forbids.
    page.on('pageerror', (error) => this.wrong.push(String(error)));
    page.on('console', (message) => {
      const isAnswer = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isAnswer) this.wrong.push(message.text());
    });
    return page;
  }

  async signIn(page) {
    await page.goto(`${this.url}/webhooks`);
    await page.getByLabel('API key').fill(this.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Webhooks', exact: true }).waitFor();
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.wrong, [], 'the browser reports nothing wrong');
  }
}

module.exports = { Console, receive, until };
