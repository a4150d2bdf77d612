// After the first visit the page opens without a network. What is kept is the page and its data: no question, no place.
/** Register the worker; `notice` appears when a newer version of the data has been fetched. */
export async function keepOffline(notice) {
  if (!('serviceWorker' in navigator)) return;
  const worker = navigator.serviceWorker;
  let registration;
  try {
    registration = await worker.register('family/sw.js', { scope: 'family' });
  } catch {
    return; // no https, or a browser that keeps nothing: the page works all the same
  }
  if (!registration) return;
  const wait = (next) => {
    if (!next || !worker.controller) return; // the first one has nothing to replace
    notice.hidden = false;
    notice.onclick = () => {
      worker.addEventListener('controllerchange', () => location.reload(), { once: true });
      next.postMessage('now');
    };
  };
  wait(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const next = registration.installing;
    next.addEventListener('statechange', () => next.state === 'installed' && wait(next));
  });
}
