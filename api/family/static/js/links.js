// Links to share: which place, and from which school, community or street. A position is never in one. All of it
// stands behind the #, which browsers do not send.
import { CHOICES, state } from './state.js';

const SHARED = { school: 'id', community: 'id', street: 'name' };

/** The address of what is on the page now. */
export function linkOf(place) {
  const address = new URL(location.href);
  address.search = '';
  const told = new URLSearchParams();
  if (place) told.set('place', place.id);
  const key = SHARED[state.start?.kind];
  if (key) told.set('from', state.start[key]);
  if (key && state.minutes !== Math.max(...CHOICES)) told.set('minutes', state.minutes);
  if (key && state.stepfree) told.set('stepfree', '1');
  address.hash = told.toString();
  return address.href;
}

/** What a link asks for: {place, start}; what is not there is left out. */
export function asked() {
  const told = new URLSearchParams(location.hash.slice(1));
  const from = told.get('from');
  const starts = [...state.data.starts, ...state.data.streets];
  const minutes = Number(told.get('minutes'));
  if (CHOICES.includes(minutes)) state.minutes = minutes;
  if (told.get('stepfree') === '1' && state.data.network.walkers.length > 1) state.stepfree = true;
  return {
    place: state.data.bases.find((base) => base.id === told.get('place')) ?? null,
    start: from ? starts.find((start) => start.at && start[SHARED[start.kind]] === from) ?? null : null,
  };
}
