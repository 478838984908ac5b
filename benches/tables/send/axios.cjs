// Sends signed events with axios over connections that are kept, 64 at a time.
// node axios.cjs <port> <requests to warm up> <requests>
'use strict';

const { createHmac, randomBytes } = require('node:crypto');
const { Agent } = require('node:http');
const axios = require('axios');

const [port, warmUp, requests] = process.argv.slice(2).map(Number);
const CONCURRENCY = 64;
const SECRET = 'a secret of sixteen bytes or more';

const person = {
  id: 'abc12345',
  firstName: 'Alice',
  lastName: 'Doe',
  email: 'alice@example.com',
  createdAt: new Date('2025-02-10T15:30:45Z'),
  createdBy: 'user_123',
};

const client = axios.create({
  baseURL: `http://127.0.0.1:${port}`,
  httpAgent: new Agent({ keepAlive: true }),
  maxRedirects: 0,
  // The body is text already.
  transformRequest: [(body) => body],
});

function uuidv7(now) {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [0, 8, 12, 16, 20].map((start, i, all) => hex.slice(start, all[i + 1])).join('-');
}

async function send() {
  const now = Date.now();
  const body = JSON.stringify({
    event: 'person.created',
    data: person,
    timestamp: new Date(now).toISOString(),
  });
  const signature = createHmac('sha256', SECRET).update(`${now}:${body}`).digest('hex');
  await client.post('/hooks', body, {
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'hookwright/0.1.0',
      'Accept-Encoding': 'identity',
      'webhook-id': uuidv7(now),
      'webhook-attempt': '1',
      'X-Twenty-Webhook-Timestamp': String(now),
      'X-Twenty-Webhook-Signature': signature,
      'X-Twenty-Webhook-Nonce': randomBytes(16).toString('hex'),
    },
  });
}

async function sendAll(count) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await send();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function main() {
  await sendAll(warmUp);
  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  await sendAll(requests);
  const passed = process.hrtime.bigint() - start;
  const cpu = process.cpuUsage(cpuBefore);
  console.log(`${passed} ${(cpu.user + cpu.system) * 1000}`);
  process.exit(0);
}

main();
