// The panel's pages, and the phone's sheet that carries them.
const TABS = ['overview', 'layers', 'places', 'gaps', 'routes', 'norms', 'notes'];

function showTab(name, { open = true } = {}) {
  for (const tab of TABS) {
    const own = tab === name;
    byId(`tab-${tab}`).setAttribute('aria-selected', String(own));
    byId(`tab-${tab}`).tabIndex = own ? 0 : -1;
    byId(`page-${tab}`).hidden = !own;
  }
  freshen(name);
  byId('pages').scrollTop = 0;
  if (name === 'gaps' && state.theme !== 'gaps') change({ theme: 'gaps', selected: null });
  if (open) openSheet(true);
  byId(`tab-${name}`).scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

let lifted = 0;

/** On the phone the map moves up with the sheet, so that what was in the middle stays in sight. */
function liftMap(open) {
  const hidden = byId('panel').offsetHeight - byId('panel').querySelector('.tabs').offsetHeight;
  const wanted = open && isPhone() ? Math.round(hidden / 2) : 0;
  if (wanted !== lifted) map.panBy([0, wanted - lifted], { animate: !isCalm(), duration: 0.28 });
  lifted = wanted;
}

function openSheet(open) {
  liftMap(open);
  document.body.classList.toggle('sheet-open', open);
  byId('handle').setAttribute('aria-expanded', String(open));
  if (open && isPhone() && state.selected) choose(null);
}

function setUpTabs() {
  TABS.forEach((name, i) => {
    const tab = byId(`tab-${name}`);
    tab.addEventListener('click', () => {
      const again = tab.getAttribute('aria-selected') === 'true' && document.body.classList.contains('sheet-open');
      if (isPhone() && again) openSheet(false);
      else showTab(name);
    });
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -i, End: TABS.length - 1 - i }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = TABS[(i + step + TABS.length) % TABS.length];
      showTab(next);
      byId(`tab-${next}`).focus();
    });
  });
  const handle = byId('handle');
  handle.addEventListener('click', () => openSheet(!document.body.classList.contains('sheet-open')));
  let from = null;
  handle.addEventListener('pointerdown', (event) => { from = event.clientY; });
  addEventListener('pointerup', (event) => {
    if (from !== null && Math.abs(event.clientY - from) > 24) {
      const up = event.clientY < from;
      setTimeout(() => openSheet(up));
    }
    from = null;
  });
}
