// Questions to the service. Positions go in a body, never in an address.
const PATIENCE_MS = 15000;

export class Trouble extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

const KINDS = { 422: 'far', 429: 'busy', 503: 'busy' };

async function post(path, question, signal) {
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), PATIENCE_MS);
  const stop = () => own.abort();
  signal.addEventListener('abort', stop);
  try {
    const response = await fetch(path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question), cache: 'no-store', signal: own.signal,
    });
    if (!response.ok) throw new Trouble(KINDS[response.status] ?? 'failed');
    return await response.json();
  } catch (error) {
    if (signal.aborted) throw new Trouble('superseded');
    throw error instanceof Trouble ? error : new Trouble('offline');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Bases within minutes of a point, soonest first. */
export const nearest = (start, minutes, profile, signal) =>
  post('nearest', { lon: start.lon, lat: start.lat, minutes, kind: ['base', 'venue'], ...(profile && { profile }) }, signal);

/** The walk between two points, leg by leg. */
export const walk = (from, to, profile, signal) =>
  post('family/walk', { from: [from.lon, from.lat], to: [to.lon, to.lat], ...(profile && { profile }) }, signal);

/** Where this phone is, rounded to about ten metres before anything else sees it. */
export function locate() {
  return new Promise((resolve, reject) => {
    if (!window.isSecureContext || !navigator.geolocation) {
      reject(new Trouble('insecure'));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ ...rounded(coords.longitude, coords.latitude), accuracy: Math.ceil(coords.accuracy / 10) * 10 }),
      (error) => reject(new Trouble(error.code === error.PERMISSION_DENIED ? 'refused' : 'no_fix')),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60000 },
    );
  });
}

export const rounded = (lon, lat) => ({ lon: Math.round(lon * 1e4) / 1e4, lat: Math.round(lat * 1e4) / 1e4 });
