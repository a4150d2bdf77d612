// On the phone the panel is a sheet at three heights; a drag or a press of its handle moves it.
import { byId, isPhone } from './dom.js';

const STOPS = ['low', 'half', 'full'];
const DRAG_PX = 36;

export function createSheet(moved) {
  const handle = byId('handle');
  let from = null;
  let dragged = false;

  function set(stop) {
    for (const name of STOPS) document.body.classList.toggle(`sheet-${name}`, name === stop);
    handle.setAttribute('aria-expanded', String(stop !== 'low'));
    moved();
  }

  const now = () => STOPS.find((name) => document.body.classList.contains(`sheet-${name}`));
  const step = (by) => set(STOPS[Math.min(2, Math.max(0, STOPS.indexOf(now()) + by))]);

  handle.addEventListener('pointerdown', (event) => {
    from = event.clientY;
    dragged = false;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener('pointermove', (event) => {
    if (from === null || Math.abs(event.clientY - from) < DRAG_PX) return;
    step(event.clientY < from ? 1 : -1);
    from = event.clientY;
    dragged = true;
  });
  handle.addEventListener('pointerup', () => { from = null; });
  handle.addEventListener('pointercancel', () => { from = null; });
  handle.addEventListener('click', () => {
    if (!dragged) set({ low: 'half', half: 'full', full: 'half' }[now()]);
    dragged = false;
  });
  set('half');
  return { raise: () => isPhone() && set('full'), half: () => now() !== 'half' && set('half'), now };
}
