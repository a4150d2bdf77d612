// One landscape page: map, legend, credits. The map is laid out on the paper, drawn sharper, and put back.
const PAPERS = ['a4', 'a3'];
let screen = null; // what to go back to

function paperLegend() {
  return [el('div', { class: 'paper-theme' }, [...byId('legend').childNodes].map((node) => {
    const copy = node.cloneNode(true);
    const drawn = [...(node.querySelectorAll?.('canvas') ?? [])];
    [...(copy.querySelectorAll?.('canvas') ?? [])].forEach((canvas, i) => canvas.getContext('2d').drawImage(drawn[i], 0, 0));
    return copy;
  })), signsLegend(true)];
}

function toPaper(paper) {
  if (screen) return;
  screen = { centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap };
  const seen = seenOfDistrict();
  document.body.dataset.paper = paper;
  byId('paper-legend').replaceChildren(...paperLegend());
  sharpness.value = 3;
  map.options.zoomSnap = 0;
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(seen, { animate: false, padding: [12, 12] });
  redrawNow();
}

function fromPaper() {
  if (!screen) return;
  const { centre, zoom, snap } = screen;
  screen = null;
  delete document.body.dataset.paper;
  byId('paper-legend').replaceChildren();
  sharpness.value = null;
  map.options.zoomSnap = snap;
  map.invalidateSize({ animate: false, pan: false });
  map.setView(centre, zoom, { animate: false });
  redrawNow();
}

/** Sized anew, a canvas is empty and is painted at once. */
const redrawNow = () => [ground, signs].forEach((sheet) => sheet._update());

/** On paper one canvas carries both: a printed canvas wipes what lies below it. */
function paintBelow(frame) {
  if (!screen) return paintGround(frame);
  const { min, max } = frame.bounds;
  frame.ctx.fillStyle = G.outside;
  frame.ctx.fillRect(min.x, min.y, max.x - min.x, max.y - min.y);
  paintGround(frame);
  paintSigns(frame);
  return null;
}

/** What is seen, but not the empty land round the district. */
function seenOfDistrict() {
  const own = L.latLngBounds([SOUTH, WEST], [NORTH, EAST]);
  const seen = map.getBounds();
  if (!seen.intersects(own)) return seen;
  return L.latLngBounds(
    [Math.max(seen.getSouth(), own.getSouth()), Math.max(seen.getWest(), own.getWest())],
    [Math.min(seen.getNorth(), own.getNorth()), Math.min(seen.getEast(), own.getEast())]);
}

function printOn(paper) {
  showTray(null);
  toPaper(paper);
  print();
}

addTray('print', {
  fill: () => [note(t('print_note')), el('p', { class: 'buttons' }, PAPERS.map((paper) => el('button', { type: 'button', onclick: () => printOn(paper) }, t(`print_${paper}`))))],
});

// What is drawn while the browser prepares the page is printed as lines and letters, not as dots.
addEventListener('beforeprint', () => {
  toPaper('a4');
  redrawNow();
});
addEventListener('afterprint', fromPaper);
