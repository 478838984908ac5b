'use strict';
// Every page as it looks: judged by axe, at the width of a phone and of a desk, by light and in the
// dark; and drawn, where a folder for pictures is given.

const assert = require('node:assert/strict');
const path = require('node:path');
const { source } = require('axe-core');
const { receive, until } = require('./console.cjs');

const WIDTHS = [390, 1280];
const SCHEMES = ['light', 'dark'];
/// What keeps somebody from using a page. What is less is for a person to judge.
const IMPACTS = ['serious', 'critical'];

/// Which pages there are; `does` goes on from the page at `at`. Those with a `picture` are drawn.
function pages(id, delivery) {
  // What is judged is the page that comes, and not the one that goes.
  const follow = (page, control) => Promise.all([page.waitForEvent('load'), control.click()]);
  const submit = (name) => (page) => follow(page, page.getByRole('button', { name, exact: true }));
  return [
    { name: 'list', at: '/webhooks', picture: true },
    { name: 'search without a result', at: '/webhooks?q=nowhere' },
    { name: 'create', at: '/webhooks/new', picture: true },
    { name: 'create, refused', at: '/webhooks/new', does: submit('Create webhook') },
    {
      name: 'secret',
      at: '/webhooks/new',
      does: async (page) => {
        await page.getByLabel('URL').fill('https://example.com/hooks');
        await page.locator('#operations').fill('*.*');
        await page.getByRole('button', { name: 'Create webhook' }).click();
        await page.getByRole('textbox', { name: 'Secret' }).waitFor();
      },
    },
    { name: 'webhook', at: `/webhooks/${id}`, picture: true },
    { name: 'webhook, filtered', at: `/webhooks/${id}?state=dead` },
    { name: 'delivery', at: `/deliveries/${delivery}`, picture: true },
    { name: 'test', at: `/webhooks/${id}/test` },
    { name: 'test, sent', at: `/webhooks/${id}/test`, does: submit('Send test event') },
    { name: 'recover', at: `/webhooks/${id}/recover` },
    { name: 'replay, begun', at: `/webhooks/${id}/recover`, does: submit('Replay') },
    { name: 'settings', at: `/webhooks/${id}/edit` },
    { name: 'rotate', at: `/webhooks/${id}/rotate` },
    { name: 'delete', at: `/webhooks/${id}/delete` },
    { name: 'keys', at: '/keys' },
    { name: 'new key', at: '/keys/new' },
    { name: 'new key, refused', at: '/keys/new', does: submit('Create API key') },
    {
      name: 'key made',
      at: '/keys/new',
      does: async (page) => {
        await page.getByLabel('Name').fill('Reports');
        await page.getByRole('checkbox', { name: 'read' }).check();
        await page.getByRole('button', { name: 'Create API key' }).click();
        await page.getByRole('textbox', { name: 'API key' }).waitFor();
      },
    },
    { name: 'revoke', at: '/keys', does: (page) => follow(page, page.getByRole('link', { name: /^Revoke/ }).first()) },
    { name: 'nothing there', at: '/webhooks/none' },
  ];
}

/// Two webhooks with something to show, and what it shows.
async function fill(console, receiver) {
  const make = async (targetUrl, description, operations) => {
    const answer = await console.api('POST', '/webhooks', { targetUrl, description, operations });
    assert.equal(answer.status, 201, JSON.stringify(answer));
    return answer.body.id;
  };
  await make(`${receiver.url}/fail`, 'Accounting', ['company.*', 'invoice.created']);
  const id = await make(`${receiver.url}/crm`, 'Mailing lists', ['person.created', 'person.updated']);
  for (let number = 0; number < 12; number += 1) {
    await console.emit(number % 3 ? 'person.created' : 'person.updated', `p${number}`);
    await console.emit('company.created', `c${number}`);
  }
  await until('all is sent', async () => {
    const { body } = await console.api('GET', `/deliveries?webhook=${id}&state=delivered`);
    return body.data.length === 12;
  });
  const { body } = await console.api('GET', `/deliveries?webhook=${id}`);
  return { id, delivery: body.data[0].id };
}

/// What is wrong with the page as it is now.
async function judge(page, name) {
  await page.evaluate(source);
  const { violations, passes } = await page.evaluate(() => axe.run());
  assert.ok(passes.length > 5, `axe has looked at ${name}`);
  const found = violations.filter((violation) => IMPACTS.includes(violation.impact)).map((violation) => {
    const places = violation.nodes.map((node) => `    ${node.target} ${node.failureSummary}`).join('\n');
    return `${name}: ${violation.impact}: ${violation.help}\n${places}`;
  });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) found.push(`${name}: ${over} pixels wider than the window`);
  return found;
}

module.exports = async function look(console, pictures) {
  const receiver = await receive();
  const page = await console.open({ viewport: { width: 1280, height: 800 } });
  const found = [];
  const everywhere = async (name, act, picture) => {
    for (const width of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await act();
        found.push(...await judge(page, `${name}, ${width}, ${colorScheme}`));
        if (picture && pictures) {
          const file = `${name}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: path.join(pictures, file), fullPage: true });
        }
      }
    }
  };
  await everywhere('sign in', () => page.goto(`${console.url}/sign-in`));
  await everywhere('sign in, refused', async () => {
    await page.goto(`${console.url}/sign-in`);
    await page.getByLabel('API key').fill('hwk_nothing');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('[aria-invalid=true]').waitFor();
  });
  await console.signIn(page);
  await everywhere('no webhooks', () => page.goto(`${console.url}/webhooks`));
  const { id, delivery } = await fill(console, receiver);
  for (const { name, at, does, picture } of pages(id, delivery)) {
    await everywhere(name, async () => {
      await page.goto(console.url + at);
      await does?.(page);
    }, picture);
  }
  receiver.close();
  assert.equal(found.length, 0, found.join('\n'));
};
