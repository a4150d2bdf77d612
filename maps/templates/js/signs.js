// Signs: seals for places (square, round, lozenge), lifts, stations, numbered stops, gap ranks.
const HUES_FROM = 14.6; // below this zoom eight hues are confetti: bases wear the colour of their tier
const SEAL_ORDER = ['base', 'community', 'school'];

function sealRadius(zoom) {
  return Math.min(13, Math.max(2.7, 4.3 * 1.33 ** (zoom - 14)));
}

/** A square of half side h round x, y; older phones have no roundRect. */
function rounded(ctx, x, y, h, bend) {
  ctx.moveTo(x, y - h);
  for (const [sx, sy, tx, ty] of [[1, -1, 1, 0], [1, 1, 0, 1], [-1, 1, -1, 0], [-1, -1, 0, -1]]) {
    ctx.arcTo(x + sx * h, y + sy * h, x + tx * h, y + ty * h, bend);
  }
  ctx.closePath();
}

function outline(ctx, shape, x, y, r) {
  ctx.beginPath();
  if (shape === 'square') rounded(ctx, x, y, r * 0.92, r * 0.28);
  else if (shape === 'diamond') {
    const d = r * 1.28;
    ctx.moveTo(x, y - d);
    ctx.lineTo(x + d, y);
    ctx.lineTo(x, y + d);
    ctx.lineTo(x - d, y);
    ctx.closePath();
  } else ctx.arc(x, y, r * 1.02, 0, Math.PI * 2);
}

/** A place's seal. Candidates are hollow; approximate positions wear a dashed ring. */
function seal(ctx, sign, x, y, r, { hollow = false, approximate = false, faint = false } = {}) {
  ctx.save();
  if (faint) ctx.globalAlpha = 0.6;
  if (approximate && r >= 4) {
    ctx.beginPath();
    ctx.arc(x, y, r * 1.28 + 3, 0, Math.PI * 2);
    ctx.setLineDash([2.4, 2.2]);
    ctx.lineWidth = 1.1;
    ctx.strokeStyle = sign.colour;
    ctx.stroke();
    ctx.setLineDash([]);
  }
  outline(ctx, sign.shape, x, y, r + (r < 4 ? 0.9 : 1.5));
  ctx.fillStyle = '#ffffff';
  ctx.fill();
  outline(ctx, sign.shape, x, y, hollow ? r - 0.4 : r);
  ctx.fillStyle = hollow ? '#ffffff' : sign.colour;
  ctx.fill();
  if (hollow) {
    ctx.lineWidth = Math.max(1.5, r * 0.2);
    ctx.strokeStyle = sign.colour;
    ctx.stroke();
  }
  if (r >= 7.2) {
    ctx.font = `600 ${Math.round(r * 1.16)}px ${STYLE.fonts.sans}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = hollow ? sign.colour : '#ffffff';
    ctx.fillText(sign.glyph, x, y + r * 0.06);
  }
  ctx.restore();
}

/** A seal as a small canvas for lists and legends. */
function sealElement(sign, options = {}, r = 8.2) {
  const size = 30;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * 2;
  canvas.className = 'seal';
  canvas.setAttribute('aria-hidden', 'true');
  const ctx = canvas.getContext('2d');
  ctx.scale(2, 2);
  seal(ctx, sign, size / 2, size / 2, r, options);
  return canvas;
}

/** The sign of its tier in the colour of its place in the ledger. */
const ledgerSign = (place) => ({ ...STYLE.tiers[place.tier], colour: STYLE.theme.ledger[ledgerOf(place)] });

const placeOptions = (place) => ({ hollow: isCandidate(place), approximate: Boolean(place.approximate) });

/** The tier a theme is about; the others step back. */
function focusTier() {
  if (state.selected?.type === 'place' || ['none', 'lights', 'ledger'].includes(state.theme)) return '';
  return state.theme === 'gaps' ? state.gapTier : state.tier;
}

function paintPlaces(frame) {
  const r = sealRadius(frame.zoom);
  const chosen = state.selected?.type === 'place' ? state.selected.index : -1;
  const shown = PLACES.filter((p) => isShown(p) && p.index !== chosen && frame.sees(p.spot));
  const focus = focusTier();
  shown.sort((a, b) => (a.tier === focus) - (b.tier === focus) || isCandidate(b) - isCandidate(a) || SEAL_ORDER.indexOf(a.tier) - SEAL_ORDER.indexOf(b.tier));
  const hues = frame.zoom >= HUES_FROM || CATEGORIES.some((_, i) => !state.categories.has(i));
  for (const place of shown) {
    const aside = frame.zoom < 15.2 && focus && place.tier !== focus;
    const sign = state.theme === 'ledger' ? ledgerSign(place) : hues ? signOf(place) : STYLE.tiers[place.tier];
    seal(frame.ctx, sign, frame.x(place.spot.x), frame.y(place.spot.y), aside ? r * 0.78 : r, { ...placeOptions(place), faint: aside });
  }
  const place = PLACES[chosen];
  if (!place?.spot) return;
  const [x, y, big] = [frame.x(place.spot.x), frame.y(place.spot.y), Math.max(r + 2, 10)];
  frame.ctx.beginPath();
  frame.ctx.arc(x, y, big * 1.28 + 7, 0, Math.PI * 2);
  frame.ctx.fillStyle = '#ffffffcc';
  frame.ctx.fill();
  frame.ctx.lineWidth = 2;
  frame.ctx.strokeStyle = STYLE.theme.selected;
  frame.ctx.stroke();
  seal(frame.ctx, signOf(place), x, y, big, placeOptions(place));
}

function disc(ctx, x, y, r, colour, text, { hollow = false } = {}) {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x, y, r + 1.6, 0, Math.PI * 2);
  ctx.fillStyle = '#ffffff';
  ctx.fill();
  ctx.beginPath();
  ctx.arc(x, y, hollow ? r - 0.6 : r, 0, Math.PI * 2);
  ctx.fillStyle = hollow ? '#ffffff' : colour;
  ctx.fill();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4;
  if (hollow) ctx.stroke();
  ctx.font = `700 ${Math.round(r * 1.15)}px ${STYLE.fonts.sans}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = hollow ? colour : '#ffffff';
  ctx.fillText(text, x, y + r * 0.08);
  ctx.restore();
}

const isApproximate = (stop) => ['landmark', 'street', 'area'].includes(stop.position_confidence);

function paintStops(frame) {
  const r = Math.min(11.5, Math.max(8.5, 9 * 1.1 ** (frame.zoom - 14)));
  for (const index of state.routes) {
    if (!showsStops(ROUTES[index])) continue;
    for (const stop of [...ROUTES[index].stopList].reverse()) {
      if (!stop.spot || !frame.sees(stop.spot)) continue;
      disc(frame.ctx, frame.x(stop.spot.x), frame.y(stop.spot.y), r, routeColour(ROUTES[index]), String(stop.seq), { hollow: isApproximate(stop) });
    }
  }
}

const LINK_GLYPH = { lift: 'M-3 1 0-3 3 1M-3 3H3', escalator: 'M-5 4H-2L2-3H5', cableway: 'M-5-2 5-4M-3 0H3V4H-3ZM0 0V-3' };

/** A lift, escalator or cableway: a brown plate; open (unused) ones are outlined. */
function linkSign(ctx, link, x, y, r) {
  ctx.save();
  ctx.translate(x, y);
  ctx.beginPath();
  rounded(ctx, 0, 0, r + 1.4, 3.4);
  ctx.fillStyle = '#ffffff';
  ctx.fill();
  ctx.beginPath();
  rounded(ctx, 0, 0, r, 2.6);
  ctx.fillStyle = link.used ? STYLE.theme.link : '#ffffff';
  ctx.fill();
  ctx.lineWidth = 1.4;
  ctx.strokeStyle = STYLE.theme.link;
  ctx.stroke();
  ctx.scale(r / 7, r / 7);
  ctx.lineWidth = 1.6;
  ctx.lineCap = ctx.lineJoin = 'round';
  ctx.strokeStyle = link.used ? '#ffffff' : STYLE.theme.link;
  ctx.stroke(new Path2D(LINK_GLYPH[link.kind] ?? LINK_GLYPH.lift));
  ctx.restore();
}

function paintLinks(frame) {
  if (!state.links) return;
  const r = Math.min(10, Math.max(6.5, 7 * 1.15 ** (frame.zoom - 14)));
  frame.world(() => LINKS.forEach((link) => stroke(frame, link.path, STYLE.theme.link, 3)));
  for (const link of LINKS) if (link.spot && frame.sees(link.spot)) linkSign(frame.ctx, link, frame.x(link.spot.x), frame.y(link.spot.y), r);
}

/** A ring round a candidate link, which is often too short to be seen; it is hollow: nobody has been there. */
function missingSign(ctx, x, y, r, chosen = false) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, Math.PI * 2);
  ctx.lineWidth = chosen ? 5 : 4;
  ctx.strokeStyle = '#ffffff';
  ctx.stroke();
  ctx.setLineDash([3.2, 2.4]);
  ctx.lineWidth = chosen ? 2.6 : 1.8;
  ctx.strokeStyle = STYLE.theme.missing;
  ctx.stroke();
  ctx.setLineDash([]);
}

function missingElement() {
  const canvas = el('canvas', { class: 'seal', width: 60, height: 60, 'aria-hidden': 'true' });
  const ctx = canvas.getContext('2d');
  ctx.scale(2, 2);
  missingSign(ctx, 15, 15, 10);
  ctx.setLineDash([4, 2.4]);
  ctx.lineWidth = 2.6;
  ctx.beginPath();
  ctx.moveTo(9, 19);
  ctx.lineTo(21, 11);
  ctx.stroke();
  return canvas;
}

function paintMissingSigns(frame) {
  const r = Math.min(26, Math.max(6, 7 * 1.45 ** (frame.zoom - 15)));
  for (const link of missingShown()) {
    const chosen = state.selected?.type === 'missing' && state.selected.index === link.index;
    if (link.spot && frame.sees(link.spot)) missingSign(frame.ctx, frame.x(link.spot.x), frame.y(link.spot.y), r, chosen);
  }
}

const STATIONS = base.stations.station.map(([lon, lat, name]) => ({ name, spot: spot([lon, lat]) }));
const ENTRANCES = base.stations.entrance.map(([lon, lat, ref]) => ({ ref, spot: spot([lon, lat]) }));

function paintStations(frame) {
  const { ctx, zoom } = frame;
  if (!state.rails || zoom < 13.4) return;
  const r = Math.min(5.5, Math.max(2.6, 3 * 1.2 ** (zoom - 14)));
  for (const station of STATIONS) {
    if (!frame.sees(station.spot)) continue;
    ctx.beginPath();
    ctx.arc(frame.x(station.spot.x), frame.y(station.spot.y), r, 0, Math.PI * 2);
    ctx.fillStyle = '#ffffff';
    ctx.fill();
    ctx.lineWidth = Math.max(1.3, r * 0.42);
    ctx.strokeStyle = G.station;
    ctx.stroke();
  }
  if (zoom < 16.2) return;
  ctx.fillStyle = G.station;
  for (const entrance of ENTRANCES) {
    if (frame.sees(entrance.spot)) ctx.fillRect(frame.x(entrance.spot.x) - 2.5, frame.y(entrance.spot.y) - 2.5, 5, 5);
  }
}

function paintGapRanks(frame) {
  if (state.theme !== 'gaps' || state.selected?.type === 'place') return;
  for (const { gap, x, y } of gapDiscs(frame)) {
    disc(frame.ctx, x, y, 10, gapColour(gap), String(gap.rank));
    if (!state.gapTier) seal(frame.ctx, STYLE.tiers[gap.tier], x + 9.5, y - 8, 4);
  }
}

/** The ranks that find room, the first before the last. */
function gapDiscs(frame) {
  const found = [];
  for (const gap of gapsShown()) {
    if (!gap.spot || !frame.sees(gap.spot)) continue;
    const [x, y] = [frame.x(gap.spot.x), frame.y(gap.spot.y)];
    if (found.every((other) => Math.hypot(other.x - x, other.y - y) > 23)) found.push({ gap, x, y });
  }
  return found;
}
