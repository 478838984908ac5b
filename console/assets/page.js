// The page works without this. With it, lists follow what happens, and secrets are copied by a button.
'use strict';

for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break;
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = 'Copied';
    } catch {
      source.focus();
      source.select?.();
      button.textContent = 'Press Ctrl+C';
    }
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

document.querySelector('[data-focus]')?.focus();

// A form is sent once, however often its button is pressed.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes';
  form.querySelector('[type=submit]')?.setAttribute('aria-disabled', 'true');
});
// Also when the page comes back by the browser's Back.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    form.querySelector('[type=submit]')?.removeAttribute('aria-disabled');
  }
});

const region = document.querySelector('[data-live]');
if (region?.dataset.live) follow(region);

function follow(region) {
  const INTERVAL = 1500;
  const status = document.querySelector('[data-live-status]');
  const controls = document.querySelector('[data-live-controls]');
  const toggle = controls.querySelector('[data-live-toggle]');
  let shown = null;
  let isPaused = false;
  let timer = 0;

  const keys = () => new Set(Array.from(region.querySelectorAll('[data-key]'), (row) => row.dataset.key));

  function show(text) {
    const before = keys();
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    const links = (node) => node.getAttribute('href') ?? node.getAttribute('aria-label');
    region.innerHTML = text;
    const arrived = Array.from(region.querySelectorAll('[data-key]')).filter((row) => !before.has(row.dataset.key));
    for (const row of arrived) row.classList.add('new');
    if (arrived.length > 0) status.textContent = arrived.length === 1 ? '1 new row' : `${arrived.length} new rows`;
    if (focused) {
      const same = Array.from(region.querySelectorAll('a, button')).find((node) => links(node) === links(focused));
      same?.focus({ preventScroll: true });
    }
  }

  async function refresh() {
    if (isPaused || document.hidden) return;
    let wait = INTERVAL;
    try {
      const answer = await fetch(region.dataset.live, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
      if (answer.type === 'opaqueredirect') {
        status.textContent = 'You are signed out: reload the page to sign in.';
        toggle.textContent = 'Signed out';
        toggle.disabled = true;
        return;
      }
      if (answer.ok) {
        const text = await answer.text();
        // Text that somebody is selecting is left alone.
        const selection = getSelection();
        const isSelecting = !selection.isCollapsed && region.contains(selection.anchorNode);
        if (text !== shown && !isSelecting && !isPaused) {
          if (shown !== null || differs(text)) show(text);
          shown = text;
        }
      } else {
        wait = INTERVAL * 4;
      }
    } catch {
      wait = INTERVAL * 4;
    }
    clearTimeout(timer);
    timer = setTimeout(refresh, wait);
  }

  function differs(text) {
    const other = document.createElement('div');
    other.innerHTML = text;
    return other.innerHTML !== region.innerHTML;
  }

  controls.hidden = false;
  toggle.addEventListener('click', () => {
    isPaused = !isPaused;
    toggle.textContent = isPaused ? 'Update again' : 'Stop updating';
    status.textContent = isPaused ? 'The list is not updated any more.' : '';
    if (!isPaused) refresh();
  });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden) refresh();
  });
  timer = setTimeout(refresh, INTERVAL);
}
