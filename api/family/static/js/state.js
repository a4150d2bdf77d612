// What the page knows now, and plain questions to it.
import { t } from './words.js';

export const state = {
  data: null,
  start: null, // {kind, name?, lon, lat, accuracy?, approximate?}; kind: school, community, own or map
  minutes: 15,
  categories: new Set(), // none: all
  stepfree: false,
  candidates: true,
  places: null, // the answer: everything within the most minutes
  beyond: null, // asked only when nothing is near
  trouble: null,
  view: 'home',
  chosen: null,
  returning: false,
};

export const CHOICES = [5, 10, 15];
export const MOST = 15;
export const FAR = 60;

export const profile = () => (state.stepfree ? 'stepfree' : null);
export const minutesOf = (seconds) => Math.max(1, Math.ceil(seconds / 60));
export const isCandidate = (place) => place.status === 'candidate';
export const isApproximate = (place) => ['landmark', 'street', 'area'].includes(place.position_confidence);

const asked = (place) => state.candidates || !isCandidate(place);
const chosen = (place) => state.categories.size === 0 || state.categories.has(place.category);
const near = (place) => place.seconds_there <= state.minutes * 60;

/** Places that pass every filter, soonest first. */
export const shown = () => (state.places ?? []).filter((place) => asked(place) && chosen(place) && near(place));

/** How many of each category are near, whichever categories are chosen. */
export function counts() {
  const found = new Map();
  for (const place of state.places ?? []) if (asked(place) && near(place)) found.set(place.category, (found.get(place.category) ?? 0) + 1);
  return found;
}

/** The first place that passes the filters but is farther than the minutes asked for. */
export const nextBeyond = () => [...(state.places ?? []), ...(state.beyond ?? [])].find((place) => asked(place) && chosen(place)) ?? null;

export const placeOf = (id) => [...(state.places ?? []), ...(state.beyond ?? [])].find((place) => place.facility_id === id) ?? null;

export function startName(start) {
  if (start.kind === 'own') return start.accuracy > 30 ? t('own_place_within', { m: start.accuracy }) : t('own_place');
  return start.kind === 'map' ? t('map_place') : start.name;
}

export function distance(metres) {
  return metres < 995 ? t('metres', { n: Math.max(10, Math.round(metres / 10) * 10) }) : t('kilometres', { n: (metres / 1000).toFixed(1) });
}

export function stepsText(place) {
  if (state.stepfree) return t('steps_free');
  if (place.steps === null || place.steps === undefined) return t('steps_unknown');
  if (place.steps === 0) return t('steps_none');
  return t(place.steps_estimated ? 'steps_about' : 'steps', { n: place.steps });
}
