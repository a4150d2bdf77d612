// Locate me. The position is drawn and forgotten: it is neither stored, nor sent, nor in any link.
const here = { state: 'off', at: null, accuracy: null, shy: false }; // shy: the view may give a position away

function setHere(values) {
  Object.assign(here, values);
  if (trayOpen === 'locate') fillTray();
  signs.repaint();
  if (values.state && values.state !== 'off') say(hereText());
}

const isInside = ({ lat, lon }) => lat > SOUTH - 0.05 && lat < NORTH + 0.05 && lon > WEST - 0.05 && lon < EAST + 0.05;

function hereText() {
  if (here.state === 'found') return t(isInside(here.at) ? 'here_found' : 'here_outside', { n: number(here.accuracy) });
  return t(`here_${here.state}`);
}

function locate() {
  if (!navigator.geolocation) return setHere({ state: 'refused', at: null });
  setHere({ state: 'asking', at: null });
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    if (trayOpen !== 'locate') return;
    const at = { lat: coords.latitude, lon: coords.longitude, x: worldX(coords.longitude), y: worldY(coords.latitude) };
    setHere({ state: 'found', at, accuracy: coords.accuracy, shy: true });
    if (isInside(at)) map.setView([at.lat, at.lon], Math.max(map.getZoom(), 15.5), { animate: !isCalm() });
  }, () => setHere({ state: 'refused', at: null }), { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 });
  return null;
}

addTray('locate', {
  fill: () => [el('p', { role: 'status' }, hereText()), note(t('here_note'))],
  open: locate,
  close: () => setHere({ state: 'off', at: null, accuracy: null }),
});

function paintHere(frame) {
  if (!here.at) return;
  const { ctx } = frame;
  const [x, y] = [frame.x(here.at.x), frame.y(here.at.y)];
  const metre = (WORLD / 40075017 / Math.cos((here.at.lat * Math.PI) / 180)) * frame.k;
  const dot = (r, fill) => {
    ctx.beginPath();
    ctx.arc(x, y, r, 0, Math.PI * 2);
    ctx.fillStyle = fill;
    ctx.fill();
  };
  dot(Math.min(here.accuracy * metre, 4000), alpha(STYLE.theme.here, 0.14));
  dot(9, '#ffffff');
  dot(6.5, STYLE.theme.here);
}
