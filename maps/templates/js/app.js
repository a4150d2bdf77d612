// Set the page going: panels, map, choices.
const map = window.studyMap;
const ground = new Sheet(paintBelow, { pane: 'overlayPane', padding: 0.25 });
const signs = new Sheet(paintSigns, { pane: 'markerPane', padding: 0.25 });
const PAGES = { overview: overviewPage, layers: layersPage, places: placesPage, gaps: gapsPage, routes: routesPage, norms: normsPage, notes: notesPage };

/** Room that panel, card and bars take from the map, as Leaflet's padding. */
function room() {
  if (!isPhone()) return { paddingTopLeft: [30, 30], paddingBottomRight: [state.selected ? 436 : 30, 50] };
  const card = byId('card');
  const low = state.selected ? card.offsetHeight : byId('panel').querySelector('.tabs').offsetHeight + 40;
  return { paddingTopLeft: [6, byId('top').offsetHeight + 14], paddingBottomRight: [6, low + 24] };
}
const fit = (bounds, maxZoom = 17) => map.fitBounds(bounds, { ...room(), maxZoom, animate: !isCalm() });

/** As large as the screen allows, whatever zoom that is. */
function fitAll(bounds, padding) {
  const snap = map.options.zoomSnap;
  map.options.zoomSnap = 0;
  map.fitBounds(bounds, { ...padding, animate: false });
  map.options.zoomSnap = snap;
}
const whole = () => fitAll([[SOUTH, WEST], [NORTH, EAST]], room());

/** The middle share of some numbers. */
function middleOf(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor((sorted.length * (1 - share)) / 2);
  return [sorted[cut], sorted[sorted.length - 1 - cut]];
}

/** First the part where the places are: all of them on a desk, the middle of them on a phone. */
function firstView() {
  const spots = PLACES.filter((p) => p.spot && p.inside_area !== false).map((p) => p.spot);
  if (spots.length < 2) return whole();
  const [south, north] = middleOf(spots.map((s) => s.lat), isPhone() ? 0.8 : 1);
  const [west, east] = middleOf(spots.map((s) => s.lon), isPhone() ? 0.52 : 1);
  return fitAll([[south, west], [north, east]], isPhone() ? room() : { paddingTopLeft: [24, 24], paddingBottomRight: [84, 40] });
}

function boundsOfChoice(found) {
  if (found.type === 'place') {
    const { spot: at } = PLACES[found.index];
    return circlePaths(found.index)[0]?.bounds ?? (at && [[at.lat, at.lon], [at.lat, at.lon]]);
  }
  if (found.type === 'gap') return boundsOf([...GAPS[found.index].rings, ...(GAPS[found.index].link_id && missingOf(GAPS[found.index])?.lines || [])]);
  if (found.type === 'missing') return boundsOf(MISSING[found.index].lines);
  if (found.type === 'site') { const { lat, lon } = SITES[found.index].spot; return [[lat, lon], [lat, lon]]; }
  if (found.type === 'room' || found.type === 'area') return boundsOfMobile(found);
  if (found.type === 'route') return boundsOfRoute(ROUTES[found.index]);
  return null;
}

function isInView(bounds) {
  const pad = room();
  const size = map.getSize();
  const low = map.latLngToContainerPoint(bounds[0]);
  const high = map.latLngToContainerPoint(bounds[1]);
  return low.x > 0 && high.y > 0 && high.x < size.x - pad.paddingBottomRight[0] + 30 && low.y < size.y - pad.paddingBottomRight[1] + 20;
}

/** Choose something (or nothing): its card, its circles, and the map moved where they would be hidden. */
function choose(found, { move = false } = {}) {
  const values = { selected: found, found: null };
  if (found && trayOpen && isPhone()) showTray(null);
  if (found?.type === 'gap') values.theme = 'gaps';
  if (found?.type === 'route' || found?.type === 'stop') values.routes = routesWith(ROUTES[found.index]);
  if (found && isPhone()) openSheet(false);
  change(values);
  if (!found) return;
  fillCard({ focus: true });
  const bounds = boundsOfChoice(found);
  if (bounds && (move || !isInView(bounds))) fit(bounds, { gap: 16.5, missing: 17.5 }[found.type] ?? 16);
}

function fillStatic() {
  document.documentElement.lang = state.lang === 'en' ? 'en' : 'zh-CN';
  const area = inLanguage(meta.area, 'name_zh', 'name_en');
  document.title = `${area} · ${t('title')}`;
  byId('area-name').textContent = area;
  byId('subtitle').textContent = t('subtitle', { date: meta.data_date ?? t('unknown') });
  for (const node of document.querySelectorAll('[data-i18n]')) node.textContent = t(node.dataset.i18n);
  for (const node of document.querySelectorAll('[data-i18n-label]')) {
    node.setAttribute('aria-label', t(node.dataset.i18nLabel));
    if (node.matches('.tools button')) node.title = t(node.dataset.i18nLabel);
  }
  for (const button of document.querySelectorAll('[data-lang]')) button.setAttribute('aria-pressed', String(button.dataset.lang === state.lang));
  map.getContainer().setAttribute('aria-label', t('map_hint'));
  byId('credits').replaceChildren(
    el('span', {}, meta.review_number || t('watermark')),
    el('span', {}, '© OpenStreetMap contributors, ODbL'),
    el('span', {}, t('data_of', { date: meta.data_date ?? t('unknown') })),
    el('button', { type: 'button', onclick: () => showTab('notes') }, t('credits_more')));
  const mark = meta.review_number ? '' : WORDS.zh.watermark;
  byId('watermark').replaceChildren(...(mark ? Array.from({ length: 12 }, () => el('span', {}, mark)) : []));
}

/** Pages are filled when they are first seen, and again when what they say has changed. */
const stale = new Set(Object.keys(PAGES));
function freshen(name) {
  if (!stale.delete(name)) return;
  refill(byId(`page-${name}`), PAGES[name]());
}
const TOUCHES = {
  layers: ['year', 'undated', 'confirmed', 'verified', 'causesOff', 'web', 'theme', 'tier', 'basis', 'cutoff', 'tiers', 'categories', 'candidates', 'approximate', 'routes', 'links', 'missing', 'sites', 'mobile', 'pairs', 'gapTier', 'rails', 'buildings', 'borders', 'names'],
  places: ['selected'],
  gaps: ['gapTier', 'causesOff'],
  overview: ['basis'],
  routes: ['routes', 'routeWish', 'selected'],
};

onChange((values) => {
  if ('lang' in values) fillStatic();
  for (const name of Object.keys(PAGES)) {
    if ('lang' in values || TOUCHES[name]?.some((key) => key in values)) stale.add(name);
    if (!byId(`page-${name}`).hidden) freshen(name);
  }
  if ('selected' in values || 'lang' in values || 'arrived' in values) fillCard();
  if ('web' in values) showTiles();
  if ('arrived' in values) moveToChoice();
  fillLegend();
  ground.repaint();
  signs.repaint();
});

/** Circles that came later may not be in view. */
function moveToChoice() {
  const bounds = state.selected && boundsOfChoice(state.selected);
  if (bounds && !isInView(bounds)) fit(bounds, 16);
}

function setUpMap() {
  const container = map.getContainer();
  container.setAttribute('role', 'region');
  L.control.scale({ imperial: false, maxWidth: 110, position: 'bottomleft' }).addTo(map);
  map.invalidateSize({ animate: false });
  firstView();
  const wide = EAST - WEST; // room above and below too: a tall screen must be able to move a wide district
  map.setMaxBounds([[SOUTH - 3 * wide, WEST - wide], [NORTH + 3 * wide, EAST + wide]]);
  ground.addTo(map);
  signs.addTo(map);
  map.on('click', (event) => {
    if (isMeasuring()) return void measurePoint(event.latlng);
    const found = pick(map, event.containerPoint);
    if (found || state.selected) choose(found);
    else if (isPhone()) openSheet(false);
    return undefined;
  });
  const hover = byId('hover');
  if (matchMedia('(hover: hover)').matches) {
    map.on('mousemove', (event) => {
      const found = isMeasuring() ? null : pick(map, event.containerPoint, 12);
      container.style.cursor = isMeasuring() ? 'crosshair' : found ? 'pointer' : '';
      hover.hidden = !found || found.type === 'gap' || found.type === 'light';
      if (found) hover.textContent = nameOf(found);
      hover.style.transform = `translate(${event.containerPoint.x + 14}px, ${event.containerPoint.y + 14}px)`;
    });
    map.on('mouseout movestart', () => { hover.hidden = true; });
  }
}

function setUpButtons() {
  byId('zoom-in').addEventListener('click', () => map.zoomIn(1));
  byId('zoom-out').addEventListener('click', () => map.zoomOut(1));
  byId('whole').addEventListener('click', () => { choose(null); openSheet(false); whole(); });
  for (const button of document.querySelectorAll('[data-lang]')) button.addEventListener('click', () => change({ lang: button.dataset.lang }));
  byId('find').addEventListener('click', openSearch);
  byId('full').addEventListener('click', () => fullScreen(!document.body.classList.contains('map-only')));
  byId('more').addEventListener('click', () => {
    const open = document.body.classList.toggle('more-tools');
    byId('more').setAttribute('aria-expanded', String(open));
  });
  addEventListener('fullscreenchange', () => { if (!document.fullscreenElement) fullScreen(false); });
  addEventListener('keydown', onKey);
}

function openSearch() {
  if (document.body.classList.contains('map-only')) fullScreen(false);
  showTab('places');
  byId('search').focus({ preventScroll: true });
}

/** The map alone; where the browser can, on the whole screen. */
function fullScreen(on) {
  document.body.classList.toggle('map-only', on);
  byId('full').setAttribute('aria-pressed', String(on));
  if (on) document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) document.exitFullscreen();
  map.invalidateSize({ animate: false });
}

function onKey(event) {
  const typing = event.target.closest?.('input:not([type=checkbox]),select');
  if (event.key === '/' && !typing) {
    event.preventDefault();
    openSearch();
  } else if (event.key === 'Escape') {
    if (trayOpen) showTray(null);
    else if (state.selected || state.found) choose(null);
    else if (document.body.classList.contains('map-only')) fullScreen(false);
  } else if (isMeasuring() && event.target === map.getContainer() && (event.key === 'Enter' || event.key === 'Backspace')) {
    if (event.key === 'Enter') measurePoint(map.getCenter());
    else dropPoint(false);
  }
}

fillStatic();
freshen('overview');
setUpTabs();
setUpMap();
setUpButtons();
setUpTray();
fillLegend();
if (location.hash.length > 1) restore();
document.fonts?.ready.then(() => signs.repaint());
