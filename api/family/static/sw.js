// Keeps one whole version of the page: these files, of this bundle. It answers GET for them and for nothing else, and
// writes only while it is installed: no question, no position and no answer is ever kept.
/* global VERSION, FILES */
const STORE = `family-${VERSION}`;
const root = new URL('..', self.location).href;
const kept = new Map(FILES.map((file) => [new URL(file, root).href, file]));

/** Which kept file answers a request; the page itself whatever stands behind its address, in the language asked for. */
function keptFor(request) {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return null;
  const bare = url.origin + url.pathname;
  if (bare === `${root}family`) return url.searchParams.get('lang') === 'en' ? `${root}family?lang=en` : bare;
  return kept.has(bare) && !url.search ? bare : null;
}

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll([...kept.keys()].map((url) => new Request(url, { cache: 'no-cache', credentials: 'omit' })))));
});

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('family-') && name !== STORE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const file = keptFor(event.request);
  if (file) event.respondWith(caches.open(STORE).then((store) => store.match(file)).then((found) => found ?? fetch(event.request)));
});

self.addEventListener('message', (event) => {
  if (event.data === 'now') self.skipWaiting();
});
