// node receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET;

function isGenuine(headers, body) {
  const timestamp = headers['x-twenty-webhook-timestamp'] ?? '';
  const signature = Buffer.from(headers['x-twenty-webhook-signature'] ?? '', 'hex');
  // Older than 5 minutes: perhaps overheard, and sent again.
  if (!(Math.abs(Date.now() - Number(timestamp)) <= 300_000)) return false;
  const expected = createHmac('sha256', secret).update(`${timestamp}:`).update(body).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  // The bytes as they came: JSON that was parsed and written again has another signature.
  const body = Buffer.concat(chunks);
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
  const { event, data } = JSON.parse(body);
  console.log(event, data);
  response.writeHead(204).end();
}).listen(3000, '127.0.0.1');
