// The page: data, answers, and which of the three views is open. The phone's own back button walks back through them.
import { cardView } from './card.js';
import { degrees, inside, lines } from './codec.js';
import { locate, save, share } from './device.js';
import { announce, byId, el, guarded } from './dom.js';
import { fileName, gpx } from './gpx.js';
import { readGround } from './ground.js';
import { homeView } from './home.js';
import { asked, linkOf } from './links.js';
import { journeys, readNetwork } from './network.js';
import { areaName, message } from './notes.js';
import { keepOffline } from './offline.js';
import { placeSign, resultsView } from './results.js';
import { syllablesOf } from './search.js';
import { createSheet } from './sheet.js';
import { startSign } from './signs.js';
import { createStage } from './stage.js';
import { placeOf, shown, startName, state, walkerName } from './state.js';
import { firstLanguage, relabel, speak, t } from './words.js';

const WALKERS = ['usual', 'stepfree'];

let stage;
let sheet;
let land;
let edges;
let network = null; // read when the first start is chosen
let open = null; // the view on the page: {node, refresh} or {node, arrived}

const placed = (each, key) => ({ ...each, key, ...(each.at && degrees(each.at)), syllables: syllablesOf(each.pinyin) });
/** Read records one by one: a broken one is left out, not the page. */
const each = (records, make) => records.flatMap((record, i) => guarded(() => [make(record, i)], () => []));

function read(data) {
  edges = lines(data.network.vertices, data.network.lines);
  const ground = readGround(data.ground, edges);
  land = ground.land;
  data.starts = each(data.starts, (start) => placed(start, start.id));
  data.streets = each(data.streets, (street, i) => placed({ kind: 'street', ...street }, `street-${i}`));
  data.bases = each(data.bases, (base) => placed({ kind: 'base', ...base, hollow: base.status === 'candidate' }, base.id));
  state.data = data;
  return ground;
}

const near = ({ lon, lat }, margin = 0.004) => {
  const [west, south, east, north] = state.data.reach;
  return lon > west - margin && lon < east + margin && lat > south - margin && lat < north + margin;
};

function drawMarks() {
  const places = state.view === 'home' || !state.places ? [] : shown();
  const chosen = state.view === 'card' ? placeOf(state.chosen) : null;
  const all = chosen?.at && !places.includes(chosen) ? [...places, chosen] : places;
  const start = state.view === 'home' ? null : state.start;
  stage.show(start, start && startSign(start.kind), all, placeSign, chosen?.id ?? null);
  byId('map').classList.toggle('answered', state.view !== 'home');
}

function frameAnswer() {
  const places = shown().filter((place) => Number.isFinite(place.lon));
  stage.frame(places.length ? [state.start, ...places] : [state.start], places.length ? 16.5 : 15);
}

const broken = (error) => ({ node: el('div', {}, el('button', { type: 'button', id: 'to-list', class: 'plain back', onclick: () => actions.back() }, t(state.start ? 'back_to_list' : 'back_home')), el('h2', { tabindex: '-1' }, t('broken')), message('trouble', String(error.message))), arrived() {}, refresh() {} });

function render(focus = true) {
  const view = byId('view');
  const place = state.view === 'card' ? placeOf(state.chosen) : null;
  if (state.view === 'card' && !place) state.view = state.start ? 'results' : 'home';
  if (state.view === 'home') open = { node: homeView(actions) };
  else if (state.view === 'results') open = resultsView(actions);
  else open = guarded(() => cardView(place, actions), broken);
  view.replaceChildren(open.node);
  view.scrollTop = 0;
  document.body.dataset.view = state.view;
  if (state.view !== 'card') stage.drawWay(null);
  drawMarks();
  if (focus) (open.node.querySelector('h2') ?? view).focus({ preventScroll: true });
}

/** Go to a view; forward steps are remembered by the browser, so that "back" means back. */
function go(view, { replace = false } = {}) {
  const same = view === state.view || replace;
  state.view = view;
  history[same ? 'replaceState' : 'pushState']({ view }, '', location.pathname + location.search);
  render();
}

/** Find every way from the start and back, for who walks as usual and without steps. */
function compute() {
  state.trouble = null;
  state.now = new Date();
  network ??= readNetwork(state.data.network, edges);
  state.journeys = Object.fromEntries(network.walkers.map((walker, i) => [WALKERS[i], journeys(network, walker, state.start)]));
  if (!state.journeys.usual) state.trouble = 'far';
  state.places = state.data.bases.filter((base) => base.at).map((base) => ({
    ...base, ...Object.fromEntries(Object.entries(state.journeys).map(([name, own]) => [name, own && guarded(() => own.to(base), () => null)])),
  }));
}

/** Show what there is. */
function answered() {
  if (state.view !== 'results') return;
  open.refresh();
  drawMarks();
  tell();
}

function tell() {
  const n = shown().length;
  announce(t(n ? 'count' : 'count_none', { n, minutes: state.minutes }));
}

function showWay() {
  stage.drawWay(null);
  const place = placeOf(state.chosen);
  const walk = open.can ? guarded(() => state.journeys[walkerName()].walk(place, state.returning), () => null) : null;
  open.arrived(walk);
  if (walk) {
    stage.drawWay(walk);
    stage.frameLine(walk.line);
  } else if (place?.at) stage.frame(state.start ? [state.start, place] : [place], 16);
}

function begin(start) {
  const wanted = state.view === 'home' ? state.chosen : null;
  state.start = { ...start, outside: !inside(land, start.lon, start.lat) };
  state.chosen = null;
  compute();
  sheet.half();
  go('results', { replace: state.view === 'card' });
  if (state.trouble) stage.frame([state.start], 16);
  else if (wanted) actions.open(wanted);
  else {
    frameAnswer();
    tell();
  }
}

function complain(kind) {
  state.trouble = kind;
  if (state.view === 'home') render();
  announce(t(kind, { area: areaName() }));
}

function say(text) {
  byId('toast').textContent = text;
  byId('toast').hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { byId('toast').hidden = true; }, 6000);
}

const actions = {
  announce,
  area: areaName,
  raise: () => sheet.raise(),
  back: () => history.back(),
  startAt: (start) => begin(start),
  canShare: () => ['school', 'community', 'street'].includes(state.start?.kind),
  filter(change) {
    change();
    answered();
  },
  /** Back to the first view to choose a start; the place stays wanted. */
  chooseStart() {
    state.start = null;
    state.places = null;
    go('home');
  },
  async locate() {
    const label = byId('locate').lastChild;
    label.textContent = t('locating');
    try {
      const found = await locate();
      if (near(found)) begin({ kind: 'own', ...found });
      else complain('outside');
    } catch (error) {
      complain(error.kind ?? 'no_fix');
    } finally {
      label.textContent = t('locate');
    }
  },
  open(id) {
    Object.assign(state, { chosen: id, returning: false });
    go('card');
    sheet.half();
    showWay();
  },
  turn(returning) {
    state.returning = returning;
    showWay();
  },
  gpx(place, walk) {
    const [from, to] = state.returning ? [place.name, startName(state.start)] : [startName(state.start), place.name];
    const name = t('gpx_name', { from, to });
    save(fileName(name), 'application/gpx+xml', gpx(name, `${t('time_estimate')} · ${t('data_date', { date: state.data.data_date })} · ${state.data.attribution.join(' · ')}`, walk.line));
  },
  async share(place) {
    const link = linkOf(place);
    const done = await share(place ? place.name : t('title'), link);
    if (done === 'copied') say(t('share_copied'));
    else if (done === 'shown') say(link);
  },
};

function tap(lon, lat) {
  if (state.view === 'card') {
    history.back();
    return;
  }
  if (near({ lon, lat })) begin({ kind: 'map', lon, lat });
  else complain('outside_tap');
}

function returned(event) {
  if (!event.state && location.hash) { // a link to another place, pasted into this page
    follow();
    return;
  }
  const wanted = event.state?.view ?? 'home';
  const last = state.chosen;
  state.view = wanted === 'results' && !state.start ? 'home' : wanted;
  if (state.view === 'home') Object.assign(state, { start: null, places: null, journeys: null, chosen: null, trouble: null });
  render();
  if (state.view === 'card') showWay();
  if (state.view === 'results') {
    if (!state.trouble) frameAnswer();
    byId('view').querySelector(`[data-place="${CSS.escape(last ?? '')}"]`)?.focus();
  }
}

async function changeLanguage(choice) {
  try {
    await speak(choice, true);
  } catch {
    announce(t('offline'));
    return;
  }
  label();
  stage.redraw();
  render(false);
  if (state.view === 'card') showWay();
}

function label() {
  relabel({ area: areaName() });
  byId('credits').textContent = [t('unreviewed'), t('data_date', { date: state.data.data_date }), ...state.data.attribution].join(' · ');
}

async function load() {
  const [response] = await Promise.all([fetch('family/data.json'), speak(firstLanguage(), false)]);
  if (!response.ok) throw new Error(`data: ${response.status}`);
  return response.json();
}

/** Go where a shared link points. */
function follow() {
  const { place, start } = asked();
  history.replaceState({ view: 'home' }, '', location.pathname + location.search);
  state.view = 'home';
  state.chosen = place?.id ?? null;
  render(false);
  if (start) begin(start);
  else if (place) actions.open(place.id);
}

async function boot() {
  const waiting = byId('view').firstElementChild;
  let ground;
  try {
    ground = read(await load());
  } catch (error) {
    const english = document.documentElement.lang === 'en';
    const retry = el('button', { type: 'button', class: 'plain', onclick: () => location.reload() }, english ? 'Try again' : '再试一次');
    waiting.replaceWith(message('trouble', english ? 'The page’s data did not arrive.' : '页面数据没有取到。', retry));
    reportError(error);
    return;
  }
  const { data } = state;
  label();
  sheet = createSheet(() => stage?.resized());
  stage = createStage(ground, data.area.bbox, data.reach, { pick: (place) => actions.open(place.id), tap });
  stage.dot(data.bases.filter((base) => base.at));
  follow();
  addEventListener('popstate', returned);
  addEventListener('keydown', (event) => { if (event.key === 'Escape' && state.view !== 'home') history.back(); });
  for (const button of document.querySelectorAll('[data-choose]')) button.addEventListener('click', () => changeLanguage(button.dataset.choose));
  document.body.dataset.ready = 'true';
  keepOffline(byId('update'));
}

boot();
