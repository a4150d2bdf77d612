// The page: data, questions, and which of the three views is open. The phone's own back button walks back through them.
import { cardView } from './card.js';
import { degrees, inside } from './codec.js';
import { announce, byId, el } from './dom.js';
import { readGround } from './ground.js';
import { homeView } from './home.js';
import { areaName, message } from './notes.js';
import { placeSign, resultsView } from './results.js';
import { syllablesOf } from './search.js';
import { locate, nearest, rounded, walk } from './service.js';
import { createSheet } from './sheet.js';
import { startSign } from './signs.js';
import { createStage } from './stage.js';
import { FAR, MOST, nextBeyond, placeOf, profile, shown, state } from './state.js';
import { firstLanguage, relabel, speak, t } from './words.js';

let stage;
let sheet;
let land;
let open = null; // the view on the page: {refresh} or {arrived}
let question = new AbortController();
let journey = new AbortController();

function read(data) {
  const ground = readGround(data.ground);
  land = ground.land;
  data.starts = data.starts.map((start) => ({ ...start, ...(start.at && degrees(start.at)), syllables: syllablesOf(start.pinyin) }));
  data.bases = data.bases.map((base) => ({ ...base, ...degrees(base.at), hollow: base.status === 'candidate' }));
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
  const all = chosen && !places.includes(chosen) ? [...places, chosen] : places;
  const start = state.view === 'home' ? null : state.start;
  stage.show(start, start && startSign(start.kind), all, placeSign, chosen?.facility_id ?? null);
  byId('map').classList.toggle('answered', state.view !== 'home');
}

function frameAnswer() {
  const places = shown();
  stage.frame(places.length ? [state.start, ...places] : [state.start], places.length ? 16.5 : 15);
}

function render(focus = true) {
  const view = byId('view');
  const place = state.view === 'card' ? placeOf(state.chosen) : null;
  if (state.view === 'card' && !place) state.view = state.start ? 'results' : 'home';
  if (state.view === 'home') open = { node: homeView(actions) };
  else if (state.view === 'results') open = resultsView(actions);
  else open = cardView(place, actions);
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
  history[same ? 'replaceState' : 'pushState']({ view }, '');
  render();
}

async function ask() {
  question.abort();
  question = new AbortController();
  const { signal } = question;
  Object.assign(state, { places: null, beyond: null, trouble: null });
  open.refresh?.();
  drawMarks();
  try {
    const answer = await nearest(state.start, MOST, profile(), signal);
    state.places = answer.places;
  } catch (error) {
    if (error.kind === 'superseded') return;
    state.trouble = error.kind ?? 'failed';
  }
  answered();
  if (state.places) frameAnswer();
}

/** Show what there is; where the filters leave nothing, look farther once. */
function answered() {
  if (state.view !== 'results') return;
  open.refresh();
  drawMarks();
  if (state.places) {
    const n = shown().length;
    announce(t(n ? 'count' : 'count_none', { n, minutes: state.minutes }));
    if (!n && state.beyond === null && !nextBeyond()) lookBeyond();
  }
}

async function lookBeyond() {
  const { signal } = question;
  try {
    const known = new Set(state.places.map((place) => place.facility_id));
    const farther = await nearest(state.start, FAR, profile(), signal);
    state.beyond = farther.places.filter((place) => !known.has(place.facility_id));
  } catch (error) {
    if (error.kind === 'superseded') return;
    state.trouble = error.kind ?? 'failed';
  }
  if (state.view === 'results') open.refresh();
}

async function showWay() {
  journey.abort();
  journey = new AbortController();
  const { signal } = journey;
  const [place, view] = [placeOf(state.chosen), open];
  const ends = state.returning ? [place, state.start] : [state.start, place];
  stage.drawWay(null);
  view.arrived(null, null);
  try {
    const found = await walk(...ends, profile(), signal);
    view.arrived(found, null);
    if (!found.reachable || state.view !== 'card') return;
    stage.drawWay(found);
    stage.frameLine(found.geometry.coordinates);
  } catch (error) {
    if (error.kind !== 'superseded') view.arrived(null, error.kind ?? 'failed');
  }
}

function begin(start) {
  state.start = { ...start, outside: !inside(land, start.lon, start.lat) };
  Object.assign(state, { places: null, beyond: null, trouble: null });
  sheet.half();
  go('results', { replace: state.view === 'card' });
  ask();
}

function complain(kind) {
  state.trouble = kind;
  if (state.view === 'home') render();
  announce(t(kind, { area: areaName() }));
}

const actions = {
  announce,
  area: areaName,
  ask,
  raise: () => sheet.raise(),
  back: () => history.back(),
  startAt: (start) => begin(start),
  filter(change) {
    change();
    answered();
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
};

function tap(lon, lat) {
  if (state.view === 'card') {
    history.back();
    return;
  }
  const spot = rounded(lon, lat);
  if (near(spot)) begin({ kind: 'map', ...spot });
  else complain('outside_tap');
}

function returned(event) {
  const wanted = event.state?.view ?? 'home';
  const last = state.chosen;
  if (state.view === 'card') journey.abort();
  state.view = wanted !== 'home' && !state.start ? 'home' : wanted;
  if (state.view === 'home') Object.assign(state, { start: null, places: null, beyond: null, trouble: null });
  render();
  if (state.view === 'card') showWay();
  if (state.view === 'results') {
    if (state.places) frameAnswer();
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

async function boot() {
  const waiting = byId('view').firstElementChild;
  let data;
  try {
    data = await load();
  } catch {
    const english = document.documentElement.lang === 'en';
    const retry = el('button', { type: 'button', class: 'plain', onclick: () => location.reload() }, english ? 'Try again' : '再试一次');
    waiting.replaceWith(message('trouble', english ? 'The page’s data did not arrive.' : '页面数据没有取到。', retry));
    return;
  }
  const ground = read(data);
  label();
  sheet = createSheet(() => stage?.resized());
  stage = createStage(ground, data.area.bbox, data.reach, { pick: (place) => actions.open(place.facility_id), tap });
  stage.dot(data.bases);
  history.replaceState({ view: 'home' }, '');
  render(false);
  addEventListener('popstate', returned);
  addEventListener('keydown', (event) => { if (event.key === 'Escape' && state.view !== 'home') history.back(); });
  for (const button of document.querySelectorAll('[data-choose]')) button.addEventListener('click', () => changeLanguage(button.dataset.choose));
  document.body.dataset.ready = 'true';
}

boot();
