// The tray beside the tools: one tool's answer at a time.
const TRAYS = {};
let trayOpen = null;

/** A tool is {fill, open, close}: what the tray shows, and what begins and ends with it. */
const addTray = (name, tool) => { TRAYS[name] = tool; };

function fillTray() {
  const tray = byId('tray');
  tray.hidden = !trayOpen;
  if (!trayOpen) return tray.replaceChildren();
  refill(tray, el('header', {}, el('h2', { id: 'tray-title', tabindex: '-1' }, t(`tool_${trayOpen}`)),
    el('button', { type: 'button', class: 'close', 'aria-label': t('close'), onclick: () => showTray(null) }, icon('close'))),
  el('div', { class: 'tray-body' }, TRAYS[trayOpen].fill()));
  return null;
}

function showTray(name) {
  const before = trayOpen;
  if (before) TRAYS[before].close?.();
  trayOpen = name === before ? null : name;
  for (const tool of Object.keys(TRAYS)) byId(`tool-${tool}`).setAttribute('aria-expanded', String(tool === trayOpen));
  document.body.classList.toggle('has-tray', Boolean(trayOpen));
  if (trayOpen && isPhone()) {
    if (state.selected) choose(null);
    openSheet(false);
  }
  if (trayOpen) TRAYS[trayOpen].open?.();
  fillTray();
  if (trayOpen) byId('tray-title').focus({ preventScroll: true });
  else if (before) byId(`tool-${before}`).focus({ preventScroll: true });
}

const say = (text) => { byId('live').textContent = text; };

function setUpTray() {
  for (const name of Object.keys(TRAYS)) byId(`tool-${name}`).addEventListener('click', () => showTray(name));
  onChange((values) => { if ('lang' in values) fillTray(); });
}
