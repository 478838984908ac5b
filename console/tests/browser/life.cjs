'use strict';
// The life of a webhook: made, told of an event, sent it again, rotated, paused, deleted.

const assert = require('node:assert/strict');
const { receive, until } = require('./console.cjs');

/// With JavaScript, or without.
module.exports = async function life(console, hasScript) {
  const receiver = await receive();
  const page = await console.open({ javaScriptEnabled: hasScript, viewport: { width: 1280, height: 800 } });
  await console.signIn(page);

  await page.getByRole('link', { name: '+ Create webhook' }).first().click();
  await page.getByLabel('URL').fill('not a URL');
  await page.locator('#operations').fill('person.*');
  await page.getByRole('button', { name: 'Create webhook' }).click();
  assert.equal(await page.getByLabel('URL').getAttribute('aria-invalid'), 'true', 'what is wrong is said at the field');
  assert.equal(await page.getByLabel('URL').inputValue(), 'not a URL', 'and what was entered is kept');
  await page.getByLabel('URL').fill(`${receiver.url}/hooks`);
  await page.getByRole('button', { name: 'Create webhook' }).click();
  const secret = await page.getByRole('textbox', { name: 'Secret' }).inputValue();
  assert.match(secret, /^.{16,}$/, 'the secret is shown');
  await page.getByRole('link', { name: 'I have copied it' }).click();
  await page.getByRole('heading', { name: `${receiver.url}/hooks` }).waitFor();
  const id = new URL(page.url()).pathname.split('/').pop();

  // Where there is a script nobody reloads the page.
  const rows = page.locator('table.deliveries tbody tr');
  assert.equal(await rows.count(), 0);
  await console.emit('person.created', 'p1');
  await until('the delivery arrives on the page', async () => {
    if (!hasScript) await page.getByRole('link', { name: 'Refresh' }).click();
    return (await rows.count()) === 1 && (await rows.textContent()).includes('Delivered');
  });
  assert.equal(receiver.requests.length, 1);

  await rows.getByRole('link', { name: 'person.created' }).click();
  await page.getByRole('button', { name: 'Resend' }).click();
  await until('it is sent again', () => receiver.requests.length === 2);
  const [first, second] = receiver.requests;
  assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
  assert.equal(second.body, first.body);

  await page.goto(`${console.url}/webhooks/${id}`);
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('link', { name: 'Rotate secret' }).click();
  await page.getByRole('button', { name: 'Rotate secret' }).click();
  const rotated = await page.getByRole('textbox', { name: 'Secret' }).inputValue();
  assert.notEqual(rotated, secret);
  await page.getByRole('link', { name: 'I have copied it' }).click();

  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  assert.equal((await console.api('GET', `/webhooks/${id}`)).body.enabled, false);
  await console.emit('person.updated', 'p1');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await until('what was held is sent', () => receiver.requests.length === 3);

  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('link', { name: 'Delete webhook' }).click();
  await page.getByRole('button', { name: 'Delete webhook' }).click();
  await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor();
  assert.equal((await console.api('GET', `/webhooks/${id}`)).status, 404);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(`${console.url}/webhooks`);
  await page.getByLabel('API key').waitFor();
  receiver.close();
};
