// What the page knows now, and plain questions to it.
import { openingAt } from './hours.js';
import { t } from './words.js';

export const state = {
  data: null,
  start: null, // {kind, id?, name?, lon, lat, accuracy?, approximate?}; kind: school, community, street, own or map
  minutes: 15,
  categories: new Set(), // none: all
  stepfree: false,
  candidates: true,
  opennow: false,
  places: null, // every base that can be walked to, with `usual` and `stepfree`: {there, back, metres, steps, ...} or null
  journeys: null, // the searches behind them, by walker
  now: new Date(), // when the answer was given: "open now" is of that moment
  trouble: null,
  view: 'home',
  chosen: null,
  returning: false,
};

export const CHOICES = [5, 10, 15];
export const MOST = 60;

export const walkerName = () => (state.stepfree ? 'stepfree' : 'usual');
/** The trip to a place for who walks now, or null. */
export const trip = (place) => place[walkerName()] ?? null;
export const minutesOf = (seconds) => Math.max(1, Math.ceil(seconds / 60));
export const isCandidate = (place) => place.status === 'candidate';
export const isApproximate = (place) => place.approximate;
export const opening = (place) => openingAt(place.opening_hours, state.now);
const shut = (place) => opening(place).known && !opening(place).open;

const asked = (place) => state.candidates || !isCandidate(place);
const chosen = (place) => state.categories.size === 0 || state.categories.has(place.category);
const near = (place) => trip(place)?.there <= state.minutes * 60;
const passes = (place) => asked(place) && !(state.opennow && shut(place));

const soonest = (places) => places.filter(trip).sort((a, b) => trip(a).there - trip(b).there);

/** Places that pass every filter, soonest first; with "open now" those whose hours nobody knows come last. */
export function shown() {
  const found = soonest(state.places ?? []).filter((place) => passes(place) && chosen(place) && near(place));
  if (!state.opennow) return found;
  return [...found.filter((place) => opening(place).known), ...found.filter((place) => !opening(place).known)];
}

/** How many of each category are near, whichever categories are chosen. */
export function counts() {
  const found = new Map();
  for (const place of state.places ?? []) if (passes(place) && near(place)) found.set(place.category, (found.get(place.category) ?? 0) + 1);
  return found;
}

/** The first place that passes the filters but is farther than the minutes asked for. */
export const nextBeyond = () => soonest(state.places ?? []).find((place) => passes(place) && chosen(place) && trip(place).there <= MOST * 60) ?? null;

export const placeOf = (id) => (state.places ?? state.data.bases).find((place) => place.id === id) ?? null;

export function startName(start) {
  if (start.kind === 'own') return start.accuracy > 30 ? t('own_place_within', { m: start.accuracy }) : t('own_place');
  return start.kind === 'map' ? t('map_place') : start.name;
}

export function distance(metres) {
  return metres < 995 ? t('metres', { n: Math.max(10, Math.round(metres / 10) * 10) }) : t('kilometres', { n: (metres / 1000).toFixed(1) });
}

export function stepsText(way) {
  if (state.stepfree) return t('steps_free');
  if (way.steps === 0) return t('steps_none');
  return t(way.steps_estimated ? 'steps_about' : 'steps', { n: way.steps });
}
