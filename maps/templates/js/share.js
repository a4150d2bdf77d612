// A link that brings back view, layers, language and choice. What it says is checked against what there is.
const oneOf = (key, allowed) => ({
  write: () => String(state[key]), read: (text) => { const found = allowed().find((v) => String(v) === text); return found === undefined ? {} : { [key]: found }; },
});
const flag = (key) => ({ write: () => (state[key] ? '1' : '0'), read: (text) => (/^[01]$/.test(text) ? { [key]: text === '1' } : {}) });
const someOf = (key, all, id) => ({
  write: () => [...state[key]].map(id).sort().join('~'),
  read: (text) => { const named = new Set(text.split('~')); return { [key]: new Set(all().filter((v) => named.has(id(v)))) }; },
});

const LINKED = {
  lang: oneOf('lang', () => ['zh', 'en']),
  theme: oneOf('theme', () => THEMES),
  tier: oneOf('tier', () => TIERS),
  basis: oneOf('basis', () => BASES),
  minutes: oneOf('cutoff', () => CUTOFFS),
  gaps: oneOf('gapTier', () => ['', ...TIERS]),
  year: oneOf('year', () => [null, ...YEARS.years.map((y) => y.year)]),
  base: oneOf('web', () => [null, ...TILES.map((b) => b.id)]),
  tiers: someOf('tiers', () => TIERS, String),
  kinds: someOf('categories', () => categoryIndexes(), (i) => (i < 0 ? '-' : CATEGORIES[i].id)),
  sites: someOf('sites', () => TIERS, String),
  mobile: someOf('mobile', () => TIERS, String),
  causes: someOf('causesOff', () => Object.keys(STYLE.theme.cause), String),
  routes: someOf('routes', () => [...ROUTES.keys()], (i) => ROUTES[i].route_id),
  ...Object.fromEntries(['undated', 'confirmed', 'verified', 'candidates', 'approximate', 'links', 'missing', 'pairs', 'rails', 'buildings', 'borders', 'names'].map((key) => [key, flag(key)])),
};
const DEFAULTS = Object.fromEntries(Object.entries(LINKED).map(([name, one]) => [name, one.write()]));

/** How a thing is named in a link, and found again: by its own id, never by its place in a list. */
const CHOSEN = {
  place: { write: (s) => PLACES[s.index].facility_id, read: (id) => indexed(PLACES.findIndex((p) => p.facility_id === id)) },
  gap: { write: (s) => `${GAPS[s.index].tier}~${GAPS[s.index].gap_id}`, read: (id) => indexed(GAPS.findIndex((g) => `${g.tier}~${g.gap_id}` === id)) },
  missing: { write: (s) => `${MISSING[s.index].tier}~${MISSING[s.index].link_id}`, read: (id) => indexed(MISSING.findIndex((m) => `${m.tier}~${m.link_id}` === id)) },
  site: { write: (s) => `${SITES[s.index].tier}~${SITES[s.index].n}`, read: (id) => indexed(SITES.findIndex((s) => `${s.tier}~${s.n}` === id)) },
  room: { write: (s) => `${ROOMS[s.index].tier}~${PLACES[ROOMS[s.index].place].facility_id}`, read: (id) => indexed(ROOMS.findIndex((r) => `${r.tier}~${PLACES[r.place].facility_id}` === id)) },
  area: { write: (s) => `${NEIGHBOURHOODS[s.index].tier}~${NEIGHBOURHOODS[s.index].neighbourhood_id}`, read: (id) => indexed(NEIGHBOURHOODS.findIndex((a) => `${a.tier}~${a.neighbourhood_id}` === id)) },
  link: { write: (s) => LINKS[s.index].link_id, read: (id) => indexed(LINKS.findIndex((l) => l.link_id === id)) },
  light: { write: (s) => s.code, read: (id) => (SUBDISTRICTS.some((s) => s.code === id) ? { code: id } : null) },
  route: { write: (s) => ROUTES[s.index].route_id, read: (id) => indexed(ROUTES.findIndex((r) => r.route_id === id)) },
  stop: {
    write: (s) => `${s.seq}~${ROUTES[s.index].route_id}`,
    read: (id) => {
      const [seq, ...rest] = id.split('~');
      const index = ROUTES.findIndex((r) => r.route_id === rest.join('~'));
      return ROUTES[index]?.stopList.some((s) => String(s.seq) === seq) ? { index, seq: Number(seq) } : null;
    },
  },
};
const indexed = (index) => (index < 0 ? null : { index });

/** The link to what is seen. Once the map has gone to a position its view could give it away: then the link leaves the view out. */
function linkToHere() {
  const said = new URLSearchParams();
  const { lat, lng } = map.getCenter();
  if (!here.shy) said.set('at', `${map.getZoom().toFixed(2)},${lat.toFixed(5)},${lng.toFixed(5)}`);
  for (const [name, one] of Object.entries(LINKED)) if (one.write() !== DEFAULTS[name]) said.set(name, one.write());
  if (state.lang !== 'zh') said.set('lang', state.lang);
  if (state.selected) said.set('show', `${state.selected.type}:${CHOSEN[state.selected.type].write(state.selected)}`);
  return `${location.href.split('#')[0].split('?')[0]}#${said}`;
}

/** What a link asks for: {values, view, selected}; what is not there is left out. */
function readLink(hash = location.hash) {
  const asked = new URLSearchParams(hash.slice(1));
  const values = {};
  for (const [name, one] of Object.entries(LINKED)) if (asked.has(name)) Object.assign(values, one.read(asked.get(name)));
  const [zoom, lat, lon] = (asked.get('at') ?? '').split(',').map(Number);
  const far = EAST - WEST + NORTH - SOUTH;
  const near = zoom >= map.getMinZoom() && zoom <= map.getMaxZoom() && Math.abs(lat - MIDDLE[0]) < far && Math.abs(lon - MIDDLE[1]) < far;
  const [, type, id] = /^(\w+):(.*)$/s.exec(asked.get('show') ?? '') ?? [];
  const found = Object.hasOwn(CHOSEN, type ?? '') ? CHOSEN[type].read(id) : null;
  return { values, view: near ? { zoom, at: [lat, lon] } : null, selected: found && { type, ...found } };
}

/** Bring back what the address asks for; true where it asks for a view. */
function restore() {
  const { values, view, selected } = readLink();
  change({ ...values, selected });
  if (view) map.setView(view.at, view.zoom, { animate: false });
  else if (selected) choose(selected, { move: true });
  return Boolean(view || selected);
}

function shareBody() {
  const box = el('input', { type: 'text', id: 'share-link', readonly: true, value: linkToHere(), 'aria-label': t('tool_share'), onfocus: (event) => event.target.select() });
  const told = el('p', { class: 'note', role: 'status' }, t(here.shy ? 'link_no_view' : 'link_note'));
  const copy = async () => {
    box.select();
    try {
      await navigator.clipboard.writeText(box.value);
      told.textContent = t('copied');
    } catch {
      told.textContent = t('copy_by_hand');
    }
  };
  return [box, el('p', { class: 'buttons' }, el('button', { type: 'button', onclick: copy }, t('copy'))), told];
}

addTray('share', { fill: shareBody });
addEventListener('hashchange', () => restore());
