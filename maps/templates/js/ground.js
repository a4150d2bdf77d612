// The base map, from the land up to the bridges. Streets grow with the zoom; stairs wear a ladder.
const base = read('base');
const G = STYLE.ground;
const STOREYS = ['tunnel', 'ground', 'bridge'];

const ways = {};
for (const [pen, byStorey] of Object.entries(base.ways)) {
  ways[pen] = {};
  for (const [storey, texts] of Object.entries(byStorey)) ways[pen][storey] = pathOf(texts, false);
}

/** Everything but the given area, as one path to clip or fill with the even-odd rule. */
function beyond(texts) {
  const path = new Path2D();
  path.rect(-4e5, -4e5, 8e5, 8e5);
  path.addPath(pathOf(texts, true));
  return path;
}

const groundPaths = {
  land: pathOf(base.land, true),
  water: pathOf(base.water, true),
  openWater: pathOf(base.openWater, false),
  beyond: beyond(base.known),
  outside: beyond(base.land),
  borders: pathOf(base.borders, false),
  buildings: pathOf(base.buildings, true),
  rails: Object.fromEntries(Object.entries(base.rails).map(([pen, texts]) => [pen, pathOf(texts, false)])),
};

function penWidth(pen, zoom) {
  const [width, growth, first] = STYLE.streets[pen];
  return zoom < first ? 0 : Math.max(width * growth ** (zoom - 14), 0.4);
}

function stroke(frame, path, colour, width, dash = [], cap = 'round') {
  if (!path || !width) return;
  const { ctx } = frame;
  ctx.strokeStyle = colour;
  ctx.lineWidth = frame.px(width);
  ctx.lineCap = cap;
  ctx.setLineDash(dash.map(frame.px));
  ctx.stroke(path);
  ctx.setLineDash([]);
}

function paintLand(frame) {
  frame.world((ctx) => {
    for (const [width, share] of [[34, '0c'], [22, '10'], [12, '16']]) stroke(frame, groundPaths.land, G.boundaryBand + share, width);
    ctx.fillStyle = G.land;
    ctx.fill(groundPaths.land);
    ctx.fillStyle = G.water;
    ctx.fill(groundPaths.water);
    ctx.save();
    ctx.clip(groundPaths.water);
    for (const [width, alpha] of [[26, '16'], [15, '1c'], [7, '26']]) stroke(frame, groundPaths.water, G.shore + alpha, width);
    ctx.restore();
    stroke(frame, groundPaths.water, G.shore, 0.9);
    fadeWater(frame);
  });
}

/** Where the data cuts a river the water runs out softly: no bank is claimed. Widths are metres on the ground. */
function fadeWater(frame) {
  const { ctx } = frame;
  const metre = WORLD / 40075017 / Math.cos((MIDDLE[0] * Math.PI) / 180);
  ctx.save();
  ctx.clip(groundPaths.beyond, 'evenodd');
  for (let width = 460; width > 0; width -= 46) stroke(frame, groundPaths.openWater, `${G.water}2e`, width * metre * frame.k);
  ctx.restore();
  stroke(frame, groundPaths.openWater, G.water, 3.5, [], 'butt');
}

function paintBuildings(frame) {
  if (!state.buildings || frame.zoom < 13.4) return;
  frame.world((ctx) => {
    ctx.fillStyle = G.building;
    ctx.fill(groundPaths.buildings);
    if (frame.zoom >= 15.5) stroke(frame, groundPaths.buildings, G.buildingEdge, 0.8);
  });
}

function paintTunnels(frame) {
  for (const pen of ['service', 'plaza', 'local', 'minor', 'major']) {
    const width = penWidth(pen, frame.zoom);
    if (width) stroke(frame, ways[pen]?.tunnel, G.tunnel, Math.max(1, width * 0.8), [5, 3], 'butt');
  }
}

function paintStorey(frame, storey) {
  const { zoom } = frame;
  const pens = ['service', 'plaza', 'local', 'minor', 'major'];
  const veiled = frame.zoom < 14.8 && showsAreas() && storey !== 'bridge';
  const quiet = veiled ? `${G.street}73` : G.street; // far out, white streets would rub out the circles along them
  const casing = storey === 'bridge' ? G.bridgeCasing : G.casing;
  for (const pen of pens) {
    const width = penWidth(pen, zoom);
    if (width) stroke(frame, ways[pen]?.[storey], casing + (veiled ? '80' : ''), width + (storey === 'bridge' ? 1.7 : 1.1), [], storey === 'ground' ? 'round' : 'butt');
  }
  for (const pen of pens) {
    const width = penWidth(pen, zoom);
    if (width > 0.5) stroke(frame, ways[pen]?.[storey], pen === 'major' || storey === 'bridge' ? G.street : quiet, width, [], storey === 'ground' ? 'round' : 'butt');
  }
}

function paintFootways(frame) {
  const { zoom } = frame;
  const path = penWidth('path', zoom);
  if (path) for (const storey of STOREYS) stroke(frame, ways.path?.[storey], G.path, path, zoom < 16 ? [2, 1.6] : [4, 2.6], 'butt');
  const stairs = penWidth('stairs', zoom);
  if (!stairs) return;
  for (const storey of STOREYS) {
    const line = ways.stairs?.[storey];
    if (zoom < 15.2) stroke(frame, line, G.stairs, Math.max(stairs, 1), [1.6, 1], 'butt');
    else {
      stroke(frame, line, G.halo, stairs + 2, [], 'butt');
      stroke(frame, line, G.stairs, stairs + 0.8, [1.1, 1.9], 'butt');
    }
  }
}

function paintRails(frame) {
  if (!state.rails) return;
  const { rail, metro, tunnel } = groundPaths.rails;
  const wide = Math.max(1.4, 1.6 * 1.25 ** (frame.zoom - 14));
  stroke(frame, tunnel, `${G.metro}99`, wide * 0.8, [wide * 2.2, wide * 2.2], 'butt');
  stroke(frame, rail, frame.zoom < 15.2 ? `${G.rail}99` : G.rail, frame.zoom < 15.2 ? 0.8 : wide + 0.4, [], 'butt');
  if (frame.zoom >= 15.2) stroke(frame, rail, G.railGap, wide - 0.6, [6, 6], 'butt');
  stroke(frame, metro, G.halo, wide + 2);
  stroke(frame, metro, G.metro, wide);
}

function paintStreets(frame) {
  frame.world(() => {
    paintTunnels(frame);
    paintStorey(frame, 'ground');
    paintFootways(frame);
    paintStorey(frame, 'bridge');
    paintRails(frame);
    frame.ctx.fillStyle = `${G.outside}8c`;
    frame.ctx.fill(groundPaths.outside, 'evenodd');
  });
}

function paintBorders(frame) {
  frame.world(() => {
    if (state.borders) {
      stroke(frame, groundPaths.borders, `${G.halo}aa`, 2.6, [], 'butt');
      stroke(frame, groundPaths.borders, G.border, 1.1, [7, 2.5, 1.5, 2.5], 'butt');
    }
    stroke(frame, groundPaths.land, `${G.boundary}cc`, frame.zoom < 13.2 ? 1 : 1.4, [10, 3, 2, 3], 'butt');
  });
}
