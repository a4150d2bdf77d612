// What is shown, and the values every part of the page reads.
const STYLE = read('style');
const WORDS = read('words');
const CATEGORIES = read('categories');
const TIERS = Object.keys(STYLE.tiers);
const BASES = ['confirmed', 'all'];
const CUTOFFS = (meta.minutes.length ? meta.minutes : [5, 10, 15]).map((m) => m * 60);
const LAST = CUTOFFS[CUTOFFS.length - 1];

const PLACES = records(read('places')).map((place, index) => {
  const category = CATEGORIES.findIndex((c) => c.id === place.category);
  return { ...place, index, categoryIndex: category, spot: spot(place.at) };
});
const SUBDISTRICTS = read('subdistricts').map((s) => ({ ...s, spot: spot(s.at), path: pathOf(s.rings, true) }));
/** Its path is made when it is first drawn. */
const drawn = (thing, texts, closed) => Object.defineProperty(thing, 'path', { get: lazy(() => pathOf(texts, closed)) });
const GAPS = read('gaps').map((g, index) => drawn({ ...g, index, spot: spot(g.at) }, g.rings, true));
const ROUTES = read('routes').map((r, index) => drawn({ ...r, index, stopList: records(r.at).map((s) => ({ ...s, spot: spot(s.at) })), legList: records(r.legs) }, r.lines, false));
const LINKS = read('links').map((l, index) => drawn({ ...l, index, spot: spot(l.at) }, l.lines, false));
const MISSING = read('missing').map((m, index) => drawn({ ...m, index, spot: spot(m.at) }, m.lines, false));
const SITES = read('sites').filter((s) => PLACES[s.place].spot && TIERS.includes(s.tier)).map((s, index) => ({ ...s, index, spot: PLACES[s.place].spot }));
const PAIRS = records(read('pairs')).filter((p) => PLACES[p.school].spot && PLACES[p.base].spot);
const MOBILE = read('mobile');
const ROOMS = MOBILE.rooms.map((r, index) => ({ ...r, index, spot: PLACES[r.place].spot }));
const NEIGHBOURHOODS = MOBILE.areas.map((a, index) => ({ ...a, index, spot: spot(a.at) }));
const LIGHTS = read('lights');
const UNIONS = new Map(read('unions').map((u) => [`${u.tier} ${u.basis} ${u.cutoff}`, lazy(() => pathOf(u.rings, true))]));
const COVERAGE = read('coverage');
const HEADLINE = read('headline');
const LEDGER = read('ledger');
const TILES = read('tiles');
const THEMES = ['unions', 'coverage', 'gaps', 'lights', 'ledger', 'none'];

const state = {
  lang: new URLSearchParams(location.search).get('lang') === 'en' ? 'en' : 'zh',
  theme: 'unions',
  tier: 'school',
  basis: 'confirmed',
  cutoff: LAST,
  tiers: new Set(TIERS),
  categories: new Set([...CATEGORIES.keys(), -1]),
  confirmed: true, // places that the papers name, with a position of their own
  verified: true,
  candidates: true,
  approximate: true,
  causesOff: new Set(),
  year: null, // null: no year, every place
  undated: true,
  web: null, // the basemap of the web, where the page offers one
  routes: new Set(),
  routeWish: { proposed: false, theme: '', length: '', steps: '', age: '', stepfree: false },
  gapTier: 'school',
  links: false,
  missing: false,
  sites: new Set(), // tiers whose proposed sites are shown
  mobile: new Set(), // tiers whose mobile classes are shown
  pairs: false,
  rails: true,
  buildings: true,
  borders: true,
  names: true,
  selected: null, // {type: place | gap | missing | site | room | area | light | link | stop, ...}
  found: null, // a street or subdistrict that was looked for
};

const listeners = [];
const onChange = (listener) => listeners.push(listener);
function change(values) {
  Object.assign(state, values);
  for (const listener of listeners) listener(values);
}

/** The text of a key in the language of the page; unknown keys show themselves. */
function t(key, values = {}) {
  const text = WORDS[state.lang][key] ?? WORDS.zh[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}
/** The text of a coded value (a cause, a status); a code without a text shows itself. */
const coded = (group, code) =>
  code === null || code === undefined || code === '' ? t('unknown') : WORDS[state.lang][`${group}_${code}`] ?? String(code);
const inLanguage = (thing, zh, en) => (state.lang === 'en' ? thing[en] || thing[zh] : thing[zh] || thing[en]) || '';
const categoryName = (i) => (CATEGORIES[i] ? CATEGORIES[i][state.lang] : "");

const isCandidate = (place) => place.status === 'candidate';
/** How far a place is on the way from a name in a paper to a confirmed door. */
function ledgerOf(place) {
  if (place.status === 'verified') return 'verified';
  if (isCandidate(place)) return 'candidates';
  if (!place.spot) return 'unlocated';
  return place.approximate ? 'approximate' : 'confirmed';
}
function isShown(place) {
  return Boolean(
    place.spot && state.tiers.has(place.tier)
    && (place.tier !== 'base' || state.categories.has(place.categoryIndex))
    && (state.candidates || !isCandidate(place)) && (state.approximate || !place.approximate)
    && (state[ledgerOf(place)] ?? true)
    && (state.year === null || isOpenIn(place, YEARS.years.find((y) => y.year === state.year), state.undated)),
  );
}
const signOf = (place) => {
  const tier = STYLE.tiers[place.tier] ?? STYLE.tiers.base;
  if (place.tier !== 'base') return tier;
  return { ...tier, ...(STYLE.categories[place.categoryIndex] ?? STYLE.uncategorised) };
};
const coverageOf = (code, tier = state.tier, basis = state.basis, cutoff = state.cutoff) => {
  const row = state.year === null ? COVERAGE.rows[tier]?.[basis]?.[cutoff]?.[code] : yearRow(state.year, state.undated, tier, basis, cutoff, code);
  return row ? Object.fromEntries(COVERAGE.cols.map((name, i) => [name, row[i]])) : null;
};

const formats = [0, 1, 2].map((digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits }));
const number = (value, digits = 0) => (value === null || value === undefined ? t('unknown') : formats[digits].format(value));
function percent(share) {
  if (share === null || share === undefined) return t('unknown');
  const whole = Math.round(share * 100);
  if (whole === 100 && share < 1) return '>99%';
  if (whole === 0 && share > 0) return '<1%';
  return `${whole}%`;
}
const minutes = (seconds) => (seconds === null || seconds === undefined ? t('unknown') : number(seconds / 60, 1));
const range = (low, middle, high) =>
  middle === null || middle === undefined ? t('unknown') : `${number(low)} – ${number(middle)} – ${number(high)}`;
